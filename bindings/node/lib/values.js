// SPDX-License-Identifier: Apache-2.0
'use strict';

const check = require('./check.js');
const { valueError } = require('./errors.js');

// In declared order, from an object by name or an array. The addon checks the keys.
function valuesOf(shape, given) {
  if (Array.isArray(given)) return given;
  check.record('values', given);
  for (const name of Object.keys(given)) {
    if (shape.values.includes(name)) continue;
    throw valueError(`values.${name}`, `is no value of ${shape.name}; it takes: ${shape.values.join(', ')}`);
  }
  return shape.values.map((name) => (Object.hasOwn(given, name) ? given[name] : undefined));
}

module.exports = { valuesOf };
