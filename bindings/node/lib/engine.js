// SPDX-License-Identifier: Apache-2.0
// The engine: a policy, what its subjects have used, and a clock.
'use strict';

const fs = require('node:fs/promises');

const check = require('./check.js');
const { Core } = require('./core.js');
const { InvalidRequestError, rangeError, typeError } = require('./errors.js');
const { Event } = require('./event.js');
const { HttpAnswer, failureOf, statusOf, termsOf } = require('./http.js');
const { addDown, addUp, down } = require('./instant.js');
const native = require('./native.js');
const { Operation } = require('./operation.js');
const { policyOf } = require('./policy.js');
const { CORE, Queue } = require('./queue.js');

const PAGE = 1000;

const OPTIONS = new Set([
  'policy',
  'stance',
  'clock',
  'now',
  'memoryCap',
  'receiptTtl',
  'eventCapacity',
  'shards',
  'zoneinfoDir',
]);
const CLOCKS = ['system', 'manual'];
const NOW = new Set(['now']);
const RELOAD = new Set(['stance', 'allowReset', 'now']);
const BILLING = new Set(['day', 'timeOfDay', 'zone', 'now']);
const TERMS = new Set(['dialects', 'given']);
const ANSWER = new Set([...TERMS, 'quantities', 'now', 'peek', 'idempotencyKey']);
const ANSWER_USAGE = new Set(['given', 'now']);
const METRICS = new Set(['format']);
const FORMATS = ['openmetrics', 'prometheus']; // in the order of SLUICE_METRICS_*
const SWEEP = new Set(['maxRecords', 'now']);
const TIME_OF_DAY = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/;

// Which EngineCore a new Engine is over, when it is not to make one.
const ATTACHED = Symbol('attached');

function open(options) {
  const asked = check.options(check.record('options', options), OPTIONS);
  const manual = check.choice('clock', asked.clock ?? 'system', CLOCKS) === 1;
  if (!manual && asked.now !== undefined) {
    throw new InvalidRequestError('now sets where a manual clock begins; give clock: "manual" too');
  }
  const policy = policyOf(asked.policy, asked.stance, asked.zoneinfoDir);
  const { now, memoryCap, receiptTtl, eventCapacity, shards } = asked;
  const engine = new native.EngineCore(
    policy.bytes,
    policy.stance,
    policy.zoneinfoDir,
    manual,
    now,
    memoryCap,
    receiptTtl,
    eventCapacity,
    shards,
  );
  return new Core(engine, policy);
}

// An amount as a policy writes it. JSON would write NaN as null, which means something else.
function amountText(amount) {
  if (amount !== null && typeof amount !== 'number' && typeof amount !== 'string' && !check.isRecord(amount)) {
    throw typeError('amount', `must be a number, a string, an object or null, not ${check.told(amount)}`);
  }
  return JSON.stringify(amount, (name, value) => {
    if (typeof value === 'number' && !Number.isSafeInteger(value)) {
      throw rangeError(name === '' ? 'amount' : `amount.${name}`, `must be a whole number below 2^53, not ${value}`);
    }
    if (typeof value === 'bigint') throw typeError(name === '' ? 'amount' : `amount.${name}`, 'must be a number, not a bigint');
    return value;
  });
}

// ms or ns since midnight, or "02:30".
function timeOfDay(at) {
  if (typeof at !== 'string') return at;
  const found = TIME_OF_DAY.exec(at);
  if (found === null) throw rangeError('timeOfDay', `must be such as "02:30" or "02:30:15", not "${at}"`);
  return ((Number(found[1]) * 60 + Number(found[2])) * 60 + Number(found[3] ?? 0)) * 1000;
}

class Engine extends Queue {
  #operations = new Map();

  constructor(options) {
    super();
    this[CORE] = options?.[ATTACHED] ?? open(options);
    Object.defineProperty(this, CORE, { enumerable: false });
  }

  // An engine with the policy of a file.
  static async open(path, options) {
    const policy = await fs.readFile(path);
    return new Engine({ ...options, policy });
  }

  // The engine that another thread of this process has, by its id. It lives until its last holder closes it.
  static attach(id) {
    if (id === undefined) throw typeError('id', 'must be a number, not undefined');
    return new Engine({ [ATTACHED]: new Core(new native.EngineCore(id)) });
  }

  // Gives up this thread's part; the engine ends with its last. Twice does nothing.
  close() {
    this[CORE].native.close();
    this[CORE].bell.ring(-1n);
  }

  get closed() {
    return this[CORE].native.closed();
  }

  // By which other threads attach.
  get id() {
    return this[CORE].native.id();
  }

  // The policy it runs now.
  get policy() {
    return this[CORE].policy;
  }

  // The engine's time.
  clock() {
    return down(this.clockNs());
  }

  clockNs() {
    return this[CORE].native.clock();
  }

  // Moves a manual clock, forwards or back.
  setClock(now) {
    this[CORE].native.setClock(now);
  }

  // Replaces the policy at once, keeping state; for every thread.
  reload(policy, options) {
    const { stance, allowReset, now } = check.options(options, RELOAD);
    const core = this[CORE];
    const loaded = policyOf(policy, stance ?? (policy?.stance || core.policy.stance), core.zoneinfoDir || undefined);
    core.native.reload(loaded.bytes, loaded.stance, check.flag('allowReset', allowReset), now);
  }

  // ---- decisions ----

  // An operation by name, resolved once: the fast way to decide.
  operation(name) {
    let operation = this.#operations.get(name);
    if (operation === undefined) {
      operation = new Operation(this[CORE], name);
      this.#operations.set(name, operation);
    }
    return operation;
  }

  decide(operation, values, options) {
    return this.operation(operation).decide(values, options);
  }

  tryAcquire(operation, values, options) {
    return this.operation(operation).tryAcquireWith(values, options);
  }

  peek(operation, values, options) {
    return this.operation(operation).peek(values, options);
  }

  recordInbound(operation, values, options) {
    return this.operation(operation).recordInbound(values, options);
  }

  decideMany(operation, requests, options) {
    return this.operation(operation).decideMany(requests, options);
  }

  explain(operation, values, options) {
    return this.operation(operation).explain(values, options);
  }

  // The name of a limit's number in Decisions.limitId; null for -1.
  limitName(id) {
    return this[CORE].limitName(id);
  }

  // ---- answers over HTTP ----

  // Decides, and answers whatever comes of it, failures included: what a server does with a request.
  answer(operation, values, options) {
    const { dialects, given, ...asked } = check.options(options, ANSWER);
    const terms = { dialects, given };
    termsOf(terms); // before anything is charged
    let decision;
    try {
      decision = this.decide(operation, values, { ...asked, details: true });
    } catch (error) {
      if (failureOf(error) === undefined) throw error;
      return this.answerFailure(error, terms);
    }
    return decision.http({ ...terms, values, quantities: asked.quantities });
  }

  // A call that failed, of an engine that is not closed: as the dialect says of it, else 400, 404, 409, 500 or 503.
  answerFailure(error, options) {
    const { dialects, given } = termsOf(check.options(options, TERMS));
    return new HttpAnswer(this[CORE].native.answerFailure(statusOf(error), dialects, given));
  }

  // What a subject has used: the dialect's answer "usage", else what usage() tells, as JSON.
  answerUsage(subject, options) {
    const asked = check.options(options, ANSWER_USAGE);
    const { given } = termsOf(asked);
    const { native, scopes } = this[CORE];
    return new HttpAnswer(native.answerUsage(...scopes.find(subject), given, asked.now));
  }

  // ---- subjects: objects of dimensions and values ----

  setPlan(subject, plan, options) {
    this.#of(subject, options, (native, scope, now) => native.setPlan(...scope, plan, now));
  }

  setAmount(subject, limit, amount, options) {
    const text = amountText(amount);
    this.#of(subject, options, (native, scope, now) => native.setAmount(limit, ...scope, text, now));
  }

  setBilling(subject, billing) {
    const { day, timeOfDay: at, zone = '', now } = check.options(check.record('billing', billing), BILLING);
    const time = timeOfDay(at);
    this.#of(subject, { now }, (native, scope) => native.setBilling(...scope, day, time, zone, now));
  }

  setUsage(subject, limit, used, options) {
    this.#of(subject, options, (native, scope, now) => native.setUsage(limit, ...scope, used, now));
  }

  // Makes its limits never seen; its plan, amounts and billing stay.
  reset(subject, options) {
    this.#of(subject, options, (native, scope, now) => native.reset(...scope, now));
  }

  // Forgets a value of a dimension: every record that holds it. Answers how many went.
  erase(subject, options) {
    const { now } = check.options(options, NOW);
    return this[CORE].native.erase(...this[CORE].scopes.dimension(subject), now);
  }

  reportThrottled(subject, limit, retryAfter, options) {
    this.#of(subject, options, (native, scope, now) => native.reportThrottled(limit, ...scope, retryAfter, now));
  }

  clearThrottle(subject, limit, options) {
    this.#of(subject, options, (native, scope, now) => native.clearThrottle(limit, ...scope, now));
  }

  reportQuality(subject, quality, options) {
    this.#of(subject, options, (native, scope, now) => native.reportQuality(...scope, quality, now));
  }

  // ---- what there is ----

  // What a subject has used, grouped and worded by the limits' `reports_as`.
  usage(subject, options) {
    return JSON.parse(this.#of(subject, options, (native, scope, now) => native.usageJson(...scope, now)));
  }

  // The same as a row for each limit of the subject, in the policy's order.
  usageRows(subject, options) {
    const rows = this.#of(subject, options, (native, scope, now) => native.usageRows(...scope, now));
    return rows.map(([limitId, unlimited, limit, used, remaining, overage, periodBegins, resetsAt]) => {
      const row = {
        limitName: this.limitName(limitId),
        limit: unlimited ? null : limit,
        used,
        remaining: unlimited ? null : remaining,
        overage,
      };
      addDown(row, 'periodBegins', periodBegins);
      addUp(row, 'resetsAt', resetsAt);
      return row;
    });
  }

  // The subjects of a scope that have a record, a page at a time; those that come or go meanwhile may be missed.
  *listSubjects(scope) {
    const core = this[CORE];
    const name = core.scopes.text(scope);
    let cursor = 0n;
    do {
      const [page, next] = core.native.listSubjects(name, cursor, PAGE);
      yield* JSON.parse(page);
      cursor = next;
    } while (cursor !== 0n);
  }

  // Takes all events out of the ring, oldest first; those that did not fit are counted in counters().eventsLost.
  events() {
    const core = this[CORE];
    return core.native.drainEvents().map((event) => new Event(event, core));
  }

  counters() {
    return this[CORE].native.counters();
  }

  // The counters as a text for a scrape, labelled by policy, stance, result and kind, never by a key.
  metrics(options) {
    const { format = 'openmetrics' } = check.options(options, METRICS);
    return this[CORE].native.metrics(check.choice('format', format, FORMATS));
  }

  // Looks at no more than `maxRecords` records and drops those that equal never seen. Answers how many went.
  sweep(options) {
    const { maxRecords = 1 << 20, now } = check.options(options, SWEEP);
    return this[CORE].native.sweep(maxRecords, now);
  }

  #of(subject, options, call) {
    const { now } = check.options(options, NOW);
    return call(this[CORE].native, this[CORE].scopes.find(subject), now);
  }
}

if (Symbol.dispose !== undefined) {
  Engine.prototype[Symbol.dispose] = Engine.prototype.close;
}

module.exports = { Engine };
