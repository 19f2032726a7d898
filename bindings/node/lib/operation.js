// SPDX-License-Identifier: Apache-2.0
// An operation of an engine by name, resolved once. It stays valid over a reload: the addon answers undefined when the policy is
// another by now, and then the operation is resolved anew.
'use strict';

const { Decisions, pack } = require('./batch.js');
const { Campaign } = require('./campaign.js');
const check = require('./check.js');
const { Decision } = require('./decision.js');
const { rangeError, typeError, valueError } = require('./errors.js');
const { Held, heldOf } = require('./held.js');
const native = require('./native.js');
const { quantitiesOf } = require('./quantities.js');
const { Receipt } = require('./receipt.js');
const { valuesOf } = require('./values.js');

const PEEK = 1;
const RECEIPT = 2;
const FORCE = 4;

const TRY = new Set(['quantities', 'now', 'idempotencyKey', 'force', 'peek']);
const DECIDE = new Set([...TRY, 'receipt', 'details']);
const EXPLAIN = new Set(['quantities', 'now', 'force']);
const MANY = new Set(['quantities', 'now', 'force', 'peek', 'out']);
const MESSAGE = ['payload', 'messageClass', 'sendAt', 'expiresAt', 'campaign', 'zone'];
const ENQUEUE = new Set([...MESSAGE, 'quantities', 'now', 'idempotencyKey', 'details']);
const ENQUEUE_ONE = new Set([...MESSAGE, 'values', 'quantities', 'idempotencyKey']);
const NOW = new Set(['now']);

const flagsOf = (options) =>
  (check.flag('peek', options.peek) ? PEEK : 0) |
  (check.flag('receipt', options.receipt) ? RECEIPT : 0) |
  (check.flag('force', options.force) ? FORCE : 0);

function payloadOf(payload) {
  if (typeof payload === 'string') return Buffer.from(payload, 'utf8');
  if (payload === undefined || payload instanceof Uint8Array) return payload;
  throw typeError('payload', `must be a string or a Uint8Array, not ${check.told(payload)}`);
}

// What a message brings beside its request, in the addon's order.
const messageOf = (options) => [
  payloadOf(options.payload),
  check.messageClass(options.messageClass),
  options.sendAt,
  options.expiresAt,
  options.campaign instanceof Campaign ? options.campaign.number : options.campaign,
  options.zone,
];

class Operation {
  #core;
  #shape;
  #native;
  #origin; // both, for what they decide

  constructor(core, name) {
    this.#core = core;
    this.#resolve(name);
  }

  #resolve(name = this.#shape.name) {
    const shape = this.#core.shapeOf(check.text('operation', name));
    this.#native = this.#core.native.operation(
      shape.id,
      shape.generation,
      shape.values,
      shape.quantities,
      shape.repeats,
      shape.line,
    );
    this.#shape = shape;
    this.#origin = { operation: this.#native, shape };
  }

  // Calls until the policy is the one that the operation was resolved under.
  #call(call) {
    let answer = call(this.#native, this.#shape);
    while (answer === undefined) {
      this.#resolve();
      answer = call(this.#native, this.#shape);
    }
    return answer;
  }

  get name() {
    return this.#shape.name;
  }
  get values() {
    return [...this.shape().values];
  }
  get quantities() {
    return [...this.shape().quantities];
  }
  get repeats() {
    const { values, repeats } = this.shape();
    return repeats === undefined ? null : values[repeats];
  }

  // Under the policy as it is now.
  shape() {
    if (this.#core.native.generation() !== this.#shape.generation) this.#resolve();
    return this.#shape;
  }

  // One number, and nothing allocated: 0 when allowed, else the ms to wait, Infinity when no wait is known to help.
  tryAcquire(...values) {
    let wait = this.#native.tryAcquire(...values);
    while (wait === undefined) {
      this.#resolve();
      wait = this.#native.tryAcquire(...values);
    }
    return wait;
  }

  // The same with values by name, and options.
  tryAcquireWith(values, options) {
    const asked = check.options(options, TRY);
    const flags = flagsOf(asked);
    return this.#call((operation, shape) =>
      operation.tryAcquireWith(
        asked.now,
        flags,
        asked.idempotencyKey,
        quantitiesOf(shape, asked.quantities),
        ...valuesOf(shape, values),
      ),
    );
  }

  decide(values, options) {
    const asked = check.options(options, DECIDE);
    const flags = flagsOf(asked);
    const details = check.flag('details', asked.details);
    const beside = this.#call((operation, shape) =>
      operation.decide(
        asked.now,
        flags,
        asked.idempotencyKey,
        quantitiesOf(shape, asked.quantities),
        details,
        ...valuesOf(shape, values),
      ),
    );
    const receipt = native.scratch[18];
    const decision = new Decision(native.scratch, beside, this.#core, this.#origin);
    if (receipt !== 0) decision.receipt = new Receipt(this.#core, this, receipt);
    return decision;
  }

  peek(values, options) {
    return this.decide(values, { ...check.options(options, DECIDE), peek: true });
  }

  // It has happened: everything is charged and nothing denies.
  recordInbound(values, options) {
    return this.decide(values, { ...check.options(options, DECIDE), force: true });
  }

  explain(values, options) {
    const asked = check.options(options, EXPLAIN);
    const flags = flagsOf(asked);
    return this.#call((operation, shape) =>
      operation.explain(asked.now, flags, undefined, quantitiesOf(shape, asked.quantities), ...valuesOf(shape, values)),
    );
  }

  // Lays requests out for decideMany: worth it when they are decided more than once, or made where there is time.
  pack(requests, quantities) {
    return pack(this.shape(), requests, quantities);
  }

  // `requests` is what pack gives, or an array of arrays of values.
  decideMany(requests, options) {
    const asked = check.options(options, MANY);
    const flags = flagsOf(asked);
    let out = asked.out;
    if (out !== undefined && !(out instanceof Decisions)) throw typeError('out', `must be Decisions, not ${check.told(out)}`);
    this.#call((operation, shape) => {
      const laid = Array.isArray(requests) ? pack(shape, requests, asked.quantities) : check.record('requests', requests);
      if (!Array.isArray(requests) && asked.quantities !== undefined) {
        throw valueError('quantities', 'stand in the packed requests');
      }
      const count = laid.repeats?.length ?? Math.floor(((laid.offsets?.length ?? 1) - 1) / Math.max(1, shape.values.length));
      out ??= new Decisions(Math.max(0, count));
      if (out.length < count) throw rangeError('out', `must have room for ${count} answers, not ${out.length}`);
      return operation.decideMany(
        asked.now,
        flags,
        laid.keys,
        laid.offsets,
        laid.repeats,
        laid.quantities,
        out.status,
        out.limitId,
        out.retryAfterNs,
        out.retryAfterMs,
        out.remaining,
      );
    });
    return out.of(this.#core);
  }

  enqueue(values, options) {
    return this.#enqueue(values, check.options(options, ENQUEUE), 0);
  }

  // What enqueue would answer, without holding, charging or choosing anything for good.
  peekEnqueue(values, options) {
    return this.#enqueue(values, check.options(options, ENQUEUE), PEEK);
  }

  #enqueue(values, asked, flags) {
    const details = check.flag('details', asked.details);
    const message = messageOf(asked);
    const beside = this.#call((operation, shape) =>
      operation.enqueue(
        asked.now,
        flags,
        asked.idempotencyKey,
        quantitiesOf(shape, asked.quantities),
        details,
        ...message,
        ...valuesOf(shape, values),
      ),
    );
    return new Held(native.scratch, beside, this.#core, this.#origin);
  }

  // `messages` are objects with `values` and the options of enqueue, but for `now` and `details`.
  enqueueMany(messages, options) {
    const { now } = check.options(options, NOW);
    check.list('messages', messages);
    const answers = this.#call((operation, shape) =>
      operation.enqueueMany(
        now,
        messages.map((message, i) => laidOut(shape, message, i)),
      ),
    );
    return heldOf(answers, this.#core, this.#origin);
  }
}

function laidOut(shape, message, i) {
  try {
    const asked = check.options(check.record('message', message), ENQUEUE_ONE);
    return [...messageOf(asked), asked.idempotencyKey, quantitiesOf(shape, asked.quantities), valuesOf(shape, asked.values)];
  } catch (error) {
    if (error.field !== undefined) {
      error.field = `messages[${i}].${error.field}`;
      error.message = `messages[${i}].${error.message}`;
    }
    throw error;
  }
}

module.exports = { Operation };
