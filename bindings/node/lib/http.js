// SPDX-License-Identifier: Apache-2.0
// A decision, a failure or what was used as an answer over HTTP: what it is told, and what comes back (docs/http.md).
'use strict';

const check = require('./check.js');
const { InvalidRequestError, SluiceError, TooManyError, rangeError, typeError } = require('./errors.js');
const { addUp } = require('./instant.js');

// In the order of SLUICE_DIALECT_*.
const DIALECTS = ['policy', 'x-ratelimit', 'x-ratelimit-delta', 'ratelimit', 'retry-ms', 'problem'];
const BOTH_RESETS = 0b110;
const MOST_GIVEN = 64;
const OF_REQUEST = /^(values\.|quantities\.|idempotencyKey$)/;

// Status, headers and body, the same bytes in every language.
class HttpAnswer {
  constructor({ status, headers, body, retryAfter, retry }) {
    this.status = status;
    this.headers = headers;
    this.body = body;
    this.retry = retry;
    addUp(this, 'retryAfterMs', retryAfter);
  }

  // The value of the first header of that name, whatever its case.
  header(name) {
    const lower = check.text('name', name).toLowerCase();
    return this.headers.find(([known]) => known.toLowerCase() === lower)?.[1] ?? null;
  }
}

const dialectOf = (word) => 1 << check.choice('dialects', word, DIALECTS);

// A word or several; undefined: the policy's own.
function dialectsOf(words) {
  if (words === undefined) return undefined;
  if (typeof words === 'string') return dialectOf(words);
  let all = 0;
  for (const word of check.list('dialects', words)) all |= dialectOf(check.text('dialects', word));
  if ((all & BOTH_RESETS) === BOTH_RESETS) {
    throw new InvalidRequestError('dialects: X-RateLimit-Reset is an instant or seconds to go, not both');
  }
  return all;
}

// Names and texts in turn.
function givenOf(texts) {
  if (texts === undefined) return undefined;
  const all = Object.entries(check.record('given', texts));
  if (all.length > MOST_GIVEN) throw new TooManyError(`given: ${all.length}; at most ${MOST_GIVEN}`);
  for (const [name, text] of all) {
    checkText('given', name);
    checkText(`given.${name}`, text);
  }
  return all.flat();
}

function checkText(field, text) {
  check.characters(field, check.text(field, text));
  if (text.includes('\0')) throw rangeError(field, 'must be without a NUL');
}

// All that can be wrong with them is found here: what is answered has been charged.
const termsOf = ({ dialects, given }) => ({ dialects: dialectsOf(dialects), given: givenOf(given) });

// The status of a call that failed; undefined when the caller alone is meant. A key that is empty or too long, and a quantity
// that is out of range, are refused before the engine sees them, and are as invalid as what it refuses itself.
function failureOf(error) {
  if (error instanceof SluiceError) return error.code;
  return error instanceof RangeError && OF_REQUEST.test(error.field) ? 'SLUICE_E_INVALID' : undefined;
}

function statusOf(error) {
  const status = failureOf(error);
  if (status !== undefined) return status;
  throw typeError('error', `must be a SluiceError, or a RangeError about a request, not ${check.told(error)}`);
}

module.exports = { HttpAnswer, failureOf, statusOf, termsOf };
