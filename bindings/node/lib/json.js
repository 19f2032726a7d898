// SPDX-License-Identifier: Apache-2.0
// The engine's JSON, whose instants in ns are beyond what a number holds: whole numbers of 16 digits and more become bigints.
'use strict';

const { addUp } = require('./instant.js');

// A whole JSON string, or a whole number outside of one.
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])/g;
// No name of the engine's begins with a NUL, so nothing else has this one.
const MARK = '\0bigint';

function parse(text) {
  const marked = text.replace(TOKEN, (token) => (token[0] === '"' ? token : `{"\\u0000bigint":"${token}"}`));
  return JSON.parse(marked, (_, value) =>
    typeof value === 'object' && value !== null && Object.hasOwn(value, MARK) ? BigInt(value[MARK]) : value,
  );
}

const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());

const exact = (value) => (value === null ? null : BigInt(value));

// The same with names as JavaScript has them, and times in both forms; `times` says which are instants and which spans.
function renamed(object, times) {
  const out = {};
  for (const [name, value] of Object.entries(object)) {
    if (times.instants.includes(name)) addUp(out, camel(name), exact(value));
    else if (times.spans.includes(name)) addUp(out, `${camel(name)}Ms`, exact(value));
    else out[camel(name)] = value;
  }
  return out;
}

module.exports = { parse, renamed };
