// SPDX-License-Identifier: Apache-2.0
// A decision, read from a row of the addon (src/answer.h).
'use strict';

const check = require('./check.js');
const { HttpAnswer, termsOf } = require('./http.js');
const { nsOfRow, upOfRow } = require('./instant.js');
const { quantitiesOf } = require('./quantities.js');
const { valuesOf } = require('./values.js');

const DENIALS = [null, 'memory', 'rate', 'depth', 'upstream', 'pool', 'distinct', 'gauge', 'quota', 'blocked', 'never'];
const WAITS = ['none', 'exact', 'bound', 'unknown', 'never'];
const REPLAYED = 1;
const UNLIMITED = 2;
const OVERFLOWED = 4;
const PASSED = 8;
const ON_RELEASE = -2;

const ROW = 19;
const DETAIL_ROW = 12;

const HTTP = new Set(['dialects', 'given', 'values', 'quantities']);

// A newer core may know more words.
const wordOf = (words, position) => (position < words.length ? words[position] : 'unknown');

// How one limit of one subject stood when a request was decided.
class LimitDetail {
  #row;

  constructor(row, names) {
    this.#row = row;
    const [id, denial, flags, limit, used, remaining, resets, resetsRest, opens, opensRest, charge, subject] = row;
    const unlimited = (flags & UNLIMITED) !== 0;
    this.limitName = names.limitName(id);
    this.passed = (flags & PASSED) !== 0;
    this.denial = wordOf(DENIALS, denial);
    this.waitKind = this.passed ? 'none' : opens >= 0 ? 'exact' : opens === ON_RELEASE ? 'unknown' : 'never';
    this.limit = unlimited ? null : limit;
    this.used = used;
    this.remaining = unlimited ? null : remaining;
    this.resetsAt = upOfRow(resets, resetsRest);
    this.opensAt = upOfRow(opens, opensRest);
    this.charge = charge;
    this.subject = subject;
  }
  get resetsAtNs() {
    return nsOfRow(this.#row[6], this.#row[7]);
  }
  get opensAtNs() {
    return nsOfRow(this.#row[8], this.#row[9]);
  }
}

function detailsOf(rows, names) {
  const details = [];
  for (let at = 0; at < rows.length; at += DETAIL_ROW) details.push(new LimitDetail(rows.subarray(at, at + DETAIL_ROW), names));
  return details;
}

// A row of many, as an array: cheaper than a typed one of its own.
function rowOf(rows, at, width) {
  const row = new Array(width);
  for (let i = 0; i < width; ++i) row[i] = rows[at + i];
  return row;
}

// Whole ms until the same request passes; -1 when no wait is known to help.
function waitOf(row) {
  if (row[0] === 0) return 0;
  return row[2] === 1 || row[2] === 2 ? row[11] : -1;
}

// For lib/held.js: decision.http(options), as the answer to an enqueue when there is a held row.
let answerOf;

// One answer of an engine. An object is always true: ask `allowed`.
class Decision {
  #row;
  #details; // rows, when they were asked for
  #origin; // the operation that decided, and its shape at that time

  static {
    answerOf = (decision, options, held) => decision.#answer(options, held);
  }

  // `rows` are not kept; `beside` is what of the answer is no number.
  constructor(rows, beside, names, origin, at = 0) {
    const row = rowOf(rows, at, ROW);
    const [status, denial, waitKind, limitId, flags] = row;
    const none = limitId < 0 || (flags & UNLIMITED) !== 0;
    this.#row = row;
    this.#details = beside.details;
    this.#origin = origin;
    this.allowed = status === 0;
    this.outcome = status === 0 ? 'allowed' : status === 2 ? 'would_queue' : 'denied';
    this.denial = wordOf(DENIALS, denial);
    this.limitName = limitId < 0 ? null : names.limitName(limitId);
    this.waitKind = wordOf(WAITS, waitKind);
    this.retryAfterMs = upOfRow(waitOf(row), status === 0 ? 0 : row[12]);
    this.largestCost = waitKind === 4 ? row[8] : null;
    this.limit = none ? null : row[5];
    this.used = row[6];
    this.remaining = none ? null : row[7];
    this.resetsAt = upOfRow(row[13], row[14]);
    this.opensAt = limitId < 0 ? null : upOfRow(row[15], row[16]);
    this.now = row[9];
    this.replayed = (flags & REPLAYED) !== 0;
    this.overflowed = (flags & OVERFLOWED) !== 0;
    this.line = beside.line ?? null;
    this.details = beside.details === undefined ? [] : detailsOf(beside.details, names);
    this.receipt = null;
  }
  get retryAfterNs() {
    return nsOfRow(waitOf(this.#row), this.#row[0] === 0 ? 0 : this.#row[12]);
  }
  // Whole seconds, rounded up and at least 1 when not allowed: for a Retry-After header.
  get retryAfterSeconds() {
    if (this.allowed) return 0;
    return this.retryAfterMs === null ? null : Math.max(1, Math.ceil(this.retryAfterMs / 1000));
  }
  get resetsAtNs() {
    return nsOfRow(this.#row[13], this.#row[14]);
  }
  get opensAtNs() {
    return this.#row[3] < 0 ? null : nsOfRow(this.#row[15], this.#row[16]);
  }
  get nowNs() {
    return nsOfRow(this.#row[9], this.#row[10]);
  }

  // It as status, headers and body. What the dialect tells of the request is what is given again here.
  http(options) {
    return this.#answer(options);
  }

  #answer(options, held) {
    const asked = check.options(options, HTTP);
    const { dialects, given } = termsOf(asked);
    const { operation, shape } = this.#origin;
    const told = operation.answer(
      Float64Array.from(this.#row),
      this.#details,
      held === undefined ? undefined : Float64Array.from(held),
      dialects,
      given,
      singlesOf(shape, asked.values),
      quantitiesOf(shape, asked.quantities),
    );
    return new HttpAnswer(told);
  }
}

// A list for the dimension that repeats is no one value, and not told.
function singlesOf(shape, given) {
  if (given === undefined) return undefined;
  return valuesOf(shape, given).map((value, place) => (place === shape.repeats && Array.isArray(value) ? undefined : value));
}

module.exports = { Decision, LimitDetail, ROW, WAITS, answerOf, rowOf, wordOf };
