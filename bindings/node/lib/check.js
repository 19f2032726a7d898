// SPDX-License-Identifier: Apache-2.0
// What an argument must be. Numbers and keys are checked by the addon, where they are read; here is what has names.
'use strict';

const { rangeError, typeError, valueError } = require('./errors.js');

const CLASSES = ['urgent', 'reply', 'transactional', 'bulk'];

// "undefined", "a string", "an array": what was given, for an error's words.
function told(value) {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return 'an array';
  return `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`;
}

function text(field, value) {
  if (typeof value !== 'string') throw typeError(field, `must be a string, not ${told(value)}`);
  return value;
}

// A text that has UTF-8.
function characters(field, value) {
  if (!/\p{Surrogate}/u.test(value)) return value;
  throw rangeError(field, 'must be of whole characters; it has half of a surrogate pair');
}

function flag(field, value) {
  if (value === undefined) return false;
  if (typeof value !== 'boolean') throw typeError(field, `must be true or false, not ${told(value)}`);
  return value;
}

function isRecord(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

// An object that holds values by name.
function record(field, value) {
  if (!isRecord(value)) throw typeError(field, `must be an object with a value for each name, not ${told(value)}`);
  return value;
}

// A call's options: none of a name that it does not know.
function options(given, known) {
  if (given === undefined) return {};
  record('options', given);
  for (const name in given) {
    if (!known.has(name)) throw valueError(name, `is no option here; there are: ${[...known].join(', ')}`);
  }
  return given;
}

// The position of a word in a list; undefined for undefined.
function choice(field, value, words) {
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw typeError(field, `must be a string, not ${told(value)}`);
  const position = words.indexOf(value);
  if (position < 0) throw valueError(field, `must be one of "${words.join('", "')}", not "${value}"`);
  return position;
}

const messageClass = (value) => choice('messageClass', value, CLASSES);

function list(field, value) {
  if (!Array.isArray(value)) throw typeError(field, `must be an array, not ${told(value)}`);
  return value;
}

module.exports = { characters, choice, flag, isRecord, list, messageClass, options, record, text, told };
