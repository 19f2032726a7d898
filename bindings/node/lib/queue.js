// SPDX-License-Identifier: Apache-2.0
// What an engine does with messages that wait: every Engine is a Queue. Its core is a symbol, since two files share it.
'use strict';

const { Campaign, rateOf, shareOf } = require('./campaign.js');
const check = require('./check.js');
const { Due } = require('./due.js');
const { rangeError, typeError, valueError } = require('./errors.js');
const { Explanation } = require('./explanation.js');
const { Held, MessageStatus } = require('./held.js');
const { up } = require('./instant.js');
const { parse, renamed } = require('./json.js');
const { Lease, Settled, settlementOf } = require('./lease.js');
const { planCampaignOn } = require('./plan.js');

const CORE = Symbol('core');
const BUFFER = 65536;

const NOW = new Set(['now']);
const BY = new Set(['by', 'now']);
const LEASE = new Set(['most', 'ttl', 'now', 'buffer', 'lines', 'pool', 'by']);
const DUE = new Set(['most', 'ttl', 'buffer', 'lines', 'pool', 'by', 'signal', 'ref']);
const LINE = new Set(['state', 'weight', 'pausedUntil', 'onSuspend', 'reason', 'by', 'now']);
const CAMPAIGN = new Set([
  'startsAt',
  'duration',
  'share',
  'rate',
  'catchesUp',
  'pauseShare',
  'pauseWindow',
  'messageClass',
  'now',
]);
const PLAN = new Set(['lines', 'startsAt', 'duration', 'rate', 'share']);

const LINE_STATES = ['active', 'warming', 'paused', 'draining', 'suspended', 'removed'];
const ON_SUSPEND = ['hold', 'move_new', 'move_all', 'fail'];
const LINE_TIMES = { instants: ['paused_until'], spans: ['expected_wait'] };

// A number, or a Held that has one.
const messageOf = (message) => (message instanceof Held ? message.message : message);

// Which lines a lease is of: `lines`, or those of a pool for the values of its `by`.
function linesOf(core, { lines, pool, by }) {
  if (lines !== undefined) check.list('lines', lines);
  if (pool !== undefined) return [lines, pool, core.scopes.byOf(pool, by)];
  if (by !== undefined) throw valueError('by', 'is of a pool, and no pool is given');
  return [lines, undefined, undefined];
}

function take(core, asked) {
  const { most = 100, ttl, now, buffer = BUFFER } = asked;
  const { leases, nextDue } = core.native.lease(most, ttl, now, buffer, ...linesOf(core, asked));
  return { leases: leases.map((lease) => new Lease(core, lease)), nextDue };
}

class Queue {
  enqueue(operation, values, options) {
    return this.operation(operation).enqueue(values, options);
  }

  peekEnqueue(operation, values, options) {
    return this.operation(operation).peekEnqueue(values, options);
  }

  enqueueMany(operation, messages, options) {
    return this.operation(operation).enqueueMany(messages, options);
  }

  // Takes up to `most` messages whose time has come, by due instant, and charges their queue-mode limits.
  lease(options) {
    const core = this[CORE];
    const { leases, nextDue } = take(core, check.options(options, LEASE));
    if (nextDue !== null) {
      core.bell.ring(nextDue);
      core.bell.ringOthers(nextDue);
    }
    return leases;
  }

  // What is due, lease after lease, asleep in between.
  due(options) {
    const asked = check.options(options, DUE);
    const { signal } = asked;
    if (signal !== undefined && !(signal instanceof AbortSignal)) {
      throw typeError('signal', `must be an AbortSignal, not ${check.told(signal)}`);
    }
    const core = this[CORE];
    linesOf(core, asked); // what is wrong is said now, and not when somebody iterates
    const wanted = { ...asked, most: asked.most ?? 1, ref: check.flag('ref', asked.ref) };
    return new Due(core, (given) => take(core, given), wanted);
  }

  // Says what came of many leases: a lease that was sent, or [lease, outcome], or [lease, outcome, retryAfter].
  settle(leases, options) {
    const { now } = check.options(options, NOW);
    const rows = check.list('leases', leases).map(settlementOf);
    const answers = this[CORE].native.settle(rows, now).map((answer) => new Settled(answer));
    answers.forEach((answer, i) => {
      if (answer.error === null) Lease.settled(Array.isArray(leases[i]) ? leases[i][0] : leases[i]);
    });
    return answers;
  }

  // Ends a message that is not leased; what a message never sent has no use for is given back.
  cancel(message, options) {
    this[CORE].native.cancel(messageOf(message), check.options(options, NOW).now);
  }

  status(message, options) {
    const core = this[CORE];
    return new MessageStatus(core.native.status(messageOf(message), check.options(options, NOW).now), core);
  }

  explainMessage(message, options) {
    return new Explanation(this[CORE].native.explainMessage(messageOf(message), check.options(options, NOW).now));
  }

  // The earliest instant at which there is something to lease or to look at; null: not before something changes.
  nextDue() {
    const due = this.nextDueNs();
    return due === null ? null : up(due);
  }

  nextDueNs() {
    return this[CORE].native.nextDue();
  }

  // Adds a line to a pool, or says anew, as a whole, how it stands.
  setLine(pool, line, options) {
    const asked = check.options(options, LINE);
    const core = this[CORE];
    const [held, moved, failed] = core.native.setLine(
      check.text('pool', pool),
      core.scopes.byOf(pool, asked.by),
      line,
      check.choice('state', asked.state ?? 'active', LINE_STATES),
      asked.weight ?? 1,
      asked.pausedUntil,
      check.choice('onSuspend', asked.onSuspend, ON_SUSPEND),
      asked.reason === undefined ? '' : check.text('reason', asked.reason),
      asked.now,
    );
    return { held, moved, failed };
  }

  // The lines of a pool, in the order in which they came to it.
  lines(pool, options) {
    const { by, now } = check.options(options, BY);
    const core = this[CORE];
    const lines = parse(core.native.listLines(check.text('pool', pool), core.scopes.byOf(pool, by), now));
    return lines.map((line) => renamed(line, LINE_TIMES));
  }

  // Makes a campaign of an account.
  campaign(name, subject, options) {
    const asked = check.options(options, CAMPAIGN);
    const core = this[CORE];
    if (asked.pauseWindow === 0) throw rangeError('pauseWindow', 'must be from 1 to 10000, not 0');
    const number = core.native.createCampaign(
      check.text('name', name),
      core.scopes.tenantOf(subject),
      check.messageClass(asked.messageClass ?? 'bulk'),
      asked.startsAt,
      asked.duration,
      shareOf('share', asked.share ?? '50%'),
      check.flag('catchesUp', asked.catchesUp),
      asked.pauseShare === undefined ? 0 : shareOf('pauseShare', asked.pauseShare),
      asked.pauseWindow ?? 200,
      rateOf(asked.rate),
      asked.now,
    );
    return new Campaign(core, number, name);
  }

  // When a campaign would be through, and what would hold it, given what the engine holds now. It changes nothing.
  planCampaign(operation, recipients, values, options) {
    const asked = check.options(options, PLAN);
    const shape = this.operation(operation).shape();
    check.record('values', values);
    for (const name of Object.keys(values)) {
      if (!shape.values.includes(name))
        throw valueError(`values.${name}`, `is no value of ${operation}; it takes: ${shape.values.join(', ')}`);
    }
    const ordered = shape.values.map((name) => values[name]);
    return planCampaignOn(this[CORE], operation, recipients, ordered, asked);
  }
}

module.exports = { CORE, Queue };
