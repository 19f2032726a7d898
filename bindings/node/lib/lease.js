// SPDX-License-Identifier: Apache-2.0
// A leased message, and what a callback that sends it may throw.
'use strict';

const check = require('./check.js');
const { valueError } = require('./errors.js');
const { addDown, addUp, down } = require('./instant.js');

const OUTCOMES = ['sent', 'retry', 'throttled', 'not_attempted', 'failed', 'line_bad'];
const NOW = new Set(['now']);
const NACK = new Set(['retryAfter', 'now']);

// Thrown in lease.run(): nothing was tried; the message goes back to its place.
class NotAttempted extends Error {
  name = 'NotAttempted';
}

// Thrown in lease.run(): the provider refused for now; the message goes back, and its line waits `retryAfter`.
class Throttled extends Error {
  name = 'Throttled';
  constructor(retryAfter, message = 'throttled') {
    super(message);
    this.retryAfter = retryAfter;
  }
}

// Thrown in lease.run(): the message will never go; it is failed.
class PermanentFailure extends Error {
  name = 'PermanentFailure';
}

function outcomeOf(outcome) {
  if (outcome === undefined || outcome === 'sent')
    throw valueError('outcome', `must be one of "${OUTCOMES.slice(1).join('", "')}"`);
  return check.choice('outcome', outcome, OUTCOMES);
}

const byName = (names, values) => Object.fromEntries(values.slice(0, names.length).map((value, i) => [names[i], value]));

class Lease {
  #core;
  #settled = false;

  constructor(core, given) {
    const names = core.operationNames(given.operation);
    this.#core = core;
    this.message = given.message;
    this.fence = given.fence;
    this.attempt = given.attempt;
    this.redelivered = given.redelivered;
    this.operation = names.name;
    this.messageClass = given.messageClass;
    this.values = byName(
      names.values,
      given.values.map((value) => value.toString('utf8')),
    );
    this.rawValues = given.values;
    this.quantities = byName(names.quantities, given.quantities);
    this.payload = given.payload;
    this.campaign = given.campaign;
    addUp(this, 'due', given.due);
    addDown(this, 'until', given.until);
    addDown(this, 'expiresAt', given.expiresAt);
  }

  // Whether ack or nack has been called, or settle.
  get settled() {
    return this.#settled;
  }

  ack(options) {
    const { now } = check.options(options, NOW);
    this.#core.native.ack(this.message, this.fence, now);
    this.#settled = true;
  }

  nack(outcome, options) {
    const number = outcomeOf(outcome);
    const { retryAfter, now } = check.options(options, NACK);
    this.#core.native.nack(this.message, this.fence, number, retryAfter, now);
    this.#settled = true;
  }

  extend(ttl, options) {
    const { now } = check.options(options, NOW);
    const until = this.#core.native.extend(this.message, this.fence, ttl, now);
    addDown(this, 'until', until);
    return down(until);
  }

  // Calls, and tells by the outcome: acks when it returns. NotAttempted, Throttled and PermanentFailure are told and go no further;
  // whatever else it throws is told as "retry" and goes on. A callback that has settled it itself is left as it is.
  async run(send) {
    let answer;
    try {
      answer = await send(this);
    } catch (error) {
      if (this.#tell(error)) return undefined;
      throw error;
    }
    if (!this.#settled) this.ack();
    return answer;
  }

  // Whether the error has been told, and goes no further.
  #tell(error) {
    const told = error instanceof NotAttempted || error instanceof Throttled || error instanceof PermanentFailure;
    if (this.#settled) return told;
    if (error instanceof NotAttempted) this.nack('not_attempted');
    else if (error instanceof Throttled) this.nack('throttled', { retryAfter: error.retryAfter });
    else if (error instanceof PermanentFailure) this.nack('failed');
    else this.#retry();
    return told;
  }

  // The engine's refusal would hide what the callback has thrown, which says more.
  #retry() {
    try {
      this.nack('retry');
    } catch (error) {
      if (error.code === undefined || !error.code.startsWith('SLUICE_E_')) throw error;
    }
  }

  static settled(lease) {
    if (lease instanceof Lease) lease.#settled = true;
  }

  // `await using lease = ...`: what nobody has settled may or may not have been sent.
  static async dispose(lease) {
    if (!lease.#settled) lease.#retry();
  }
}

if (Symbol.asyncDispose !== undefined) {
  Lease.prototype[Symbol.asyncDispose] = function () {
    return Lease.dispose(this);
  };
}

// What became of one of the leases given to settle: its message's state, or why nothing was settled.
class Settled {
  constructor(answer) {
    this.state = typeof answer === 'string' ? answer : null;
    this.error = typeof answer === 'string' ? null : answer;
  }
}

// A lease, [lease, outcome] or [lease, outcome, retryAfter]: its row for the addon.
function settlementOf(given, i) {
  const [lease, outcome = 'sent', retryAfter] = Array.isArray(given) ? given : [given];
  if (!check.isRecord(lease)) {
    throw valueError(`leases[${i}]`, 'must be a lease, [lease, outcome] or [lease, outcome, retryAfter]');
  }
  return [lease.message, lease.fence, check.choice('outcome', outcome, OUTCOMES), retryAfter];
}

module.exports = { Lease, NotAttempted, PermanentFailure, Settled, Throttled, settlementOf };
