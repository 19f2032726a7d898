// SPDX-License-Identifier: Apache-2.0
// The scopes of a policy: which tuples of dimensions have limits or plans. Finds the one that a caller means by naming its
// dimensions in any order.
'use strict';

const check = require('./check.js');
const { InvalidRequestError, NotFoundError, typeError, valueError } = require('./errors.js');

const inAnyOrder = (names) => JSON.stringify([...names].sort());

class Scopes {
  #byNames = new Map();
  #byPool;

  constructor(description) {
    for (const { scope } of [...description.limits, ...description.plan_sets]) {
      this.#byNames.set(inAnyOrder(scope.split(',')), scope);
    }
    this.dimensions = description.dimensions;
    this.tenant = description.tenant;
    this.plans = new Map(description.plan_sets.map((set) => [set.scope, set.plans.map((plan) => plan.name)]));
    this.#byPool = new Map(description.pools.map((pool) => [pool.name, pool.by]));
  }

  // [scope, values in its order]
  find(subject) {
    const names = namesOf('subject', subject, 'account: "acme"');
    const scope = this.#byNames.get(inAnyOrder(names));
    if (scope === undefined) {
      const known = [...this.#byNames.values()].map((text) => text.split(',').join(', ')).join('; ');
      throw new NotFoundError(`the policy keeps no limits for (${names.join(', ')}); it does for: ${known}`);
    }
    return [scope, scope.split(',').map((name) => subject[name])];
  }

  // One dimension of the policy, whether or not it has limits of its own.
  dimension(subject) {
    const names = namesOf('subject', subject, 'account: "acme"');
    if (names.length !== 1) throw valueError('subject', `must name exactly one dimension, not (${names.join(', ')})`);
    if (!this.dimensions.includes(names[0])) {
      throw new NotFoundError(`the policy has no dimension "${names[0]}"; it has: ${this.dimensions.join(', ')}`);
    }
    return [names[0], [subject[names[0]]]];
  }

  // The values of a pool's `by`, in its order.
  byOf(pool, by) {
    const wanted = this.#byPool.get(check.text('pool', pool));
    if (wanted === undefined) {
      throw new NotFoundError(`the policy has no pool "${pool}"; it has: ${[...this.#byPool.keys()].join(', ') || 'none'}`);
    }
    const names = by === undefined ? [] : Object.keys(check.record('by', by));
    if (inAnyOrder(names) !== inAnyOrder(wanted)) {
      const has = wanted.length > 0 ? `its lines by (${wanted.join(', ')})` : 'one set of lines for all';
      throw valueError('by', `is not what the pool "${pool}" has: ${has}, not (${names.join(', ')})`);
    }
    return wanted.map((name) => by[name]);
  }

  // The value of the policy's tenant dimension, and nothing else.
  tenantOf(subject) {
    const names = namesOf('subject', subject, `${this.tenant}: "acme"`);
    if (names.length !== 1 || names[0] !== this.tenant) {
      throw new InvalidRequestError(`a campaign is of one ${this.tenant}, not of (${names.join(', ')})`);
    }
    return subject[this.tenant];
  }

  // A scope's text from a name, names joined with commas, or names in any order.
  text(scope) {
    const names = typeof scope === 'string' ? scope.split(',') : check.list('scope', scope);
    names.forEach((name) => check.text('scope', name));
    return this.#byNames.get(inAnyOrder(names)) ?? names.join(',');
  }
}

function namesOf(field, subject, example) {
  check.record(field, subject);
  const names = Object.keys(subject);
  if (names.length === 0) throw typeError(field, `must name its dimensions, such as { ${example} }`);
  return names;
}

module.exports = { Scopes };
