// SPDX-License-Identifier: Apache-2.0
// What an engine holds: the answer to an enqueue, and where a message stands.
'use strict';

const { Decision, ROW, WAITS, answerOf, rowOf, wordOf } = require('./decision.js');
const { ofStatus } = require('./errors.js');
const { addDown, addUp, nsOfRow } = require('./instant.js');

const STATES = [
  null,
  'scheduled',
  'waiting',
  'parked',
  'leased',
  'unknown',
  'sent',
  'failed',
  'expired',
  'cancelled',
  'aborted',
  'dead',
];
const STICKY = [null, 'fresh', 'existing', 'moved', 'spilled'];
const HELD_ROW = 11;

// `held` says whether the engine holds the message; if not, its decision says why.
class Held {
  #decision;
  #row;

  // From a decision's row and a held row after it.
  constructor(rows, beside, names, origin, error = null, at = 0) {
    const row = rowOf(rows, at + ROW, HELD_ROW);
    const line = beside.line === '' ? undefined : beside.line;
    this.#row = row;
    this.#decision = error === null ? new Decision(rows, { ...beside, line }, names, origin, at) : null;
    this.held = row[0] !== 0;
    this.message = row[0] || null;
    this.state = wordOf(STATES, row[1]);
    this.depth = row[4];
    this.error = error;
    this.line = line ?? null;
    this.sticky = wordOf(STICKY, row[9]);
    this.position = row[5] || null;
    this.etaKind = row[8] === 0 ? null : wordOf(WAITS, row[8]);
    addDown(this, 'expiresAt', nsOfRow(row[2], row[3]));
    addUp(this, 'eta', nsOfRow(row[6], row[7]));
  }

  // What was decided when it was accepted or refused. Of an element that failed, throws its error.
  get decision() {
    if (this.#decision === null) throw this.error;
    return this.#decision;
  }

  // It as status, headers and body: queued, when the engine holds it. Of an element that failed, throws its error.
  http(options) {
    return answerOf(this.decision, options, this.#row);
  }
}

// The answers of enqueueMany.
function heldOf({ rows, lines, words }, names, origin) {
  const width = ROW + HELD_ROW;
  const answers = [];
  for (let i = 0; i * width < rows.length; ++i) {
    const status = rows[i * width];
    const error = status < 0 ? ofStatus(status, names.statusName(status), words[i]) : null;
    answers.push(new Held(rows, { line: lines[i] }, names, origin, error, i * width));
  }
  return answers;
}

// Where a held message stands.
class MessageStatus {
  constructor(given, names) {
    this.message = given.message;
    this.state = given.state;
    this.messageClass = given.messageClass;
    this.operation = names.operationNames(given.operation).name;
    this.tries = given.tries;
    this.fence = given.fence;
    this.depth = given.depth;
    this.position = given.position;
    this.etaKind = wordOf(WAITS, given.etaKind);
    this.line = given.line;
    addUp(this, 'due', given.due);
    addDown(this, 'expiresAt', given.expiresAt);
    addUp(this, 'eta', given.eta);
  }
}

module.exports = { Held, MessageStatus, heldOf };
