// SPDX-License-Identifier: Apache-2.0
// Every error. One of the engine is a SluiceError in the engine's own words, whose `code` is the name of the C ABI's status; an
// argument of a wrong type is a TypeError and a number out of its range a RangeError, with Node's codes, and `field` names it.
// Whatever is thrown, nothing has changed. A denied decision is no error.
'use strict';

class SluiceError extends Error {
  constructor(message, code = 'SLUICE_E_INTERNAL') {
    super(message);
    this.code = code;
  }
  get name() {
    return this.constructor.name;
  }
}

class InvalidRequestError extends SluiceError {
  constructor(message) {
    super(message, 'SLUICE_E_INVALID');
  }
}

class HandleError extends SluiceError {
  constructor(message) {
    super(message, 'SLUICE_E_HANDLE');
  }
}

class ClosedError extends HandleError {}

class MemoryCapError extends SluiceError {
  constructor(message) {
    super(message, 'SLUICE_E_NO_MEMORY');
  }
}

class NotFoundError extends SluiceError {
  constructor(message) {
    super(message, 'SLUICE_E_NOT_FOUND');
  }
}

class PolicyError extends SluiceError {
  constructor(message, findings = []) {
    super(message, 'SLUICE_E_POLICY');
    this.findings = findings;
  }
}

class TimeError extends SluiceError {
  constructor(message) {
    super(message, 'SLUICE_E_TIME');
  }
}

class ConflictError extends SluiceError {
  constructor(message) {
    super(message, 'SLUICE_E_CONFLICT');
  }
}

class UnsetError extends SluiceError {
  constructor(message) {
    super(message, 'SLUICE_E_UNSET');
  }
}

class ForkedError extends SluiceError {
  constructor(message) {
    super(message, 'SLUICE_E_FORKED');
  }
}

class WouldResetError extends SluiceError {
  constructor(message) {
    super(message, 'SLUICE_E_WOULD_RESET');
  }
}

class TooManyError extends SluiceError {
  constructor(message) {
    super(message, 'SLUICE_E_TOO_MANY');
  }
}

class StaleLeaseError extends SluiceError {
  constructor(message) {
    super(message, 'SLUICE_E_STALE');
  }
}

const CLASSES = new Map([
  ['SLUICE_E_INVALID', InvalidRequestError],
  ['SLUICE_E_HANDLE', ClosedError], // this package ends an engine only by closing it
  ['SLUICE_E_NO_MEMORY', MemoryCapError],
  ['SLUICE_E_NOT_FOUND', NotFoundError],
  ['SLUICE_E_POLICY', PolicyError],
  ['SLUICE_E_TIME', TimeError],
  ['SLUICE_E_CONFLICT', ConflictError],
  ['SLUICE_E_UNSET', UnsetError],
  ['SLUICE_E_FORKED', ForkedError],
  ['SLUICE_E_WOULD_RESET', WouldResetError],
  ['SLUICE_E_TOO_MANY', TooManyError],
  ['SLUICE_E_STALE', StaleLeaseError],
]);

function ofStatus(status, statusName, words) {
  const message = words === '' || words === statusName ? `${statusName} (${status})` : words;
  const Class = CLASSES.get(statusName);
  return Class === undefined ? new SluiceError(message, statusName) : new Class(message);
}

function withCode(error, code, field) {
  error.code = code;
  error.field = field;
  return error;
}

const typeError = (field, words) => withCode(new TypeError(`${field} ${words}`), 'ERR_INVALID_ARG_TYPE', field);
const rangeError = (field, words) => withCode(new RangeError(`${field} ${words}`), 'ERR_OUT_OF_RANGE', field);
const valueError = (field, words) => withCode(new TypeError(`${field} ${words}`), 'ERR_INVALID_ARG_VALUE', field);

function timeError(field, words) {
  const error = new TimeError(`${field} ${words}`);
  error.field = field;
  return error;
}

const MISUSES = [undefined, typeError, rangeError, valueError, timeError];

// The addon calls this: kind 0 is a failure of the engine, any other a misuse.
function makeError(kind, status, statusName, field, words) {
  return kind === 0 ? ofStatus(status, statusName, words) : MISUSES[kind](field, words);
}

module.exports = {
  ClosedError,
  ConflictError,
  ForkedError,
  HandleError,
  InvalidRequestError,
  MemoryCapError,
  NotFoundError,
  PolicyError,
  SluiceError,
  StaleLeaseError,
  TimeError,
  TooManyError,
  UnsetError,
  WouldResetError,
  makeError,
  ofStatus,
  rangeError,
  typeError,
  valueError,
};
