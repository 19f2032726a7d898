// SPDX-License-Identifier: Apache-2.0
'use strict';

const check = require('./check.js');
const { valueError } = require('./errors.js');

// In declared order, from an object by name; undefined for undefined. The addon checks the numbers.
function quantitiesOf(shape, given) {
  if (given === undefined) return undefined;
  check.record('quantities', given);
  for (const name of Object.keys(given)) {
    if (shape.quantities.includes(name)) continue;
    throw valueError(`quantities.${name}`, `is no quantity of ${shape.name}; it has: ${shape.quantities.join(', ') || 'none'}`);
  }
  return shape.quantities.map((name) => given[name]);
}

module.exports = { quantitiesOf };
