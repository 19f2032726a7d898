// SPDX-License-Identifier: Apache-2.0
// What an engine holds: the answer to an enqueue, and where a message stands.
'use strict';

const { Decision, ROW, WAITS, wordOf } = require('./decision.js');
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

  // From a decision's row and a held row after it.
  constructor(row, beside, names, error = null, at = 0) {
    const held = at + ROW;
    const line = beside.line === '' ? undefined : beside.line;
    this.#decision = error === null ? new Decision(row, { ...beside, line }, names, at) : null;
    this.held = row[held] !== 0;
    this.message = row[held] || null;
    this.state = wordOf(STATES, row[held + 1]);
    this.depth = row[held + 4];
    this.error = error;
    this.line = line ?? null;
    this.sticky = wordOf(STICKY, row[held + 9]);
    this.position = row[held + 5] || null;
    this.etaKind = row[held + 8] === 0 ? null : wordOf(WAITS, row[held + 8]);
    addDown(this, 'expiresAt', nsOfRow(row[held + 2], row[held + 3]));
    addUp(this, 'eta', nsOfRow(row[held + 6], row[held + 7]));
  }

  // What was decided when it was accepted or refused. Of an element that failed, throws its error.
  get decision() {
    if (this.#decision === null) throw this.error;
    return this.#decision;
  }
}

// The answers of enqueueMany.
function heldOf({ rows, lines, words }, names) {
  const width = ROW + HELD_ROW;
  const answers = [];
  for (let i = 0; i * width < rows.length; ++i) {
    const status = rows[i * width];
    const error = status < 0 ? ofStatus(status, names.statusName(status), words[i]) : null;
    answers.push(new Held(rows, { line: lines[i] }, names, error, i * width));
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
