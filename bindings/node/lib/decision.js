// SPDX-License-Identifier: Apache-2.0
// A decision, read from a row of the addon (src/answer.h).
'use strict';

const { nsOfRow, upOfRow } = require('./instant.js');

const DENIALS = [null, 'memory', 'rate', 'depth', 'upstream', 'pool', 'distinct', 'gauge', 'quota', 'blocked', 'never'];
const WAITS = ['none', 'exact', 'bound', 'unknown', 'never'];
const REPLAYED = 1;
const UNLIMITED = 2;
const OVERFLOWED = 4;
const PASSED = 8;
const ON_RELEASE = -2;

const ROW = 19;
const DETAIL_ROW = 12;

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

// One answer of an engine. An object is always true: ask `allowed`.
class Decision {
  #nowRest;
  #nowMs;
  #waitMs;
  #waitRest;
  #resetsMs;
  #resetsRest;
  #opensMs;
  #opensRest;

  // `row` is read here and not kept; `beside` is what of the answer is no number.
  constructor(row, beside, names, at = 0) {
    const status = row[at];
    const waitKind = row[at + 2];
    const limitId = row[at + 3];
    const flags = row[at + 4];
    const none = limitId < 0 || (flags & UNLIMITED) !== 0;
    this.#nowMs = row[at + 9];
    this.#nowRest = row[at + 10];
    const waits = waitKind === 1 || waitKind === 2;
    this.#waitMs = status === 0 ? 0 : waits ? row[at + 11] : -1;
    this.#waitRest = status === 0 ? 0 : row[at + 12];
    this.#resetsMs = row[at + 13];
    this.#resetsRest = row[at + 14];
    this.#opensMs = limitId < 0 ? -1 : row[at + 15];
    this.#opensRest = row[at + 16];
    this.allowed = status === 0;
    this.outcome = status === 0 ? 'allowed' : status === 2 ? 'would_queue' : 'denied';
    this.denial = wordOf(DENIALS, row[at + 1]);
    this.limitName = limitId < 0 ? null : names.limitName(limitId);
    this.waitKind = wordOf(WAITS, waitKind);
    this.retryAfterMs = upOfRow(this.#waitMs, this.#waitRest);
    this.largestCost = waitKind === 4 ? row[at + 8] : null;
    this.limit = none ? null : row[at + 5];
    this.used = row[at + 6];
    this.remaining = none ? null : row[at + 7];
    this.resetsAt = upOfRow(this.#resetsMs, this.#resetsRest);
    this.opensAt = upOfRow(this.#opensMs, this.#opensRest);
    this.now = this.#nowMs;
    this.replayed = (flags & REPLAYED) !== 0;
    this.overflowed = (flags & OVERFLOWED) !== 0;
    this.line = beside.line ?? null;
    this.details = beside.details === undefined ? [] : detailsOf(beside.details, names);
    this.receipt = null;
  }
  get retryAfterNs() {
    return nsOfRow(this.#waitMs, this.#waitRest);
  }
  // Whole seconds, rounded up and at least 1 when not allowed: for a Retry-After header.
  get retryAfterSeconds() {
    if (this.allowed) return 0;
    return this.retryAfterMs === null ? null : Math.max(1, Math.ceil(this.retryAfterMs / 1000));
  }
  get resetsAtNs() {
    return nsOfRow(this.#resetsMs, this.#resetsRest);
  }
  get opensAtNs() {
    return nsOfRow(this.#opensMs, this.#opensRest);
  }
  get nowNs() {
    return nsOfRow(this.#nowMs, this.#nowRest);
  }
}

module.exports = { Decision, LimitDetail, ROW, WAITS, wordOf };
