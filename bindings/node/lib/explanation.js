// SPDX-License-Identifier: Apache-2.0
// Why a held message has not gone: every rule that holds it, in the order of their ends.
'use strict';

const { parse, renamed } = require('./json.js');

const TIMES = { instants: ['until', 'eta'], spans: [] };

// One rule. String(hold) tells it in words.
class Hold {
  constructor(told) {
    Object.defineProperties(this, Object.getOwnPropertyDescriptors(renamed({ until: null, ...told }, TIMES)));
  }

  toString() {
    return `${this.#what()}, ${untilText(this.untilNs, this.untilKind)}`;
  }

  #what() {
    const before = `${this.ahead} message${this.ahead === 1 ? '' : 's'} before it`;
    const told = {
      turn: `its turn: ${before}`,
      send_at: 'for later',
      retry: 'waits to be tried again',
      flow: `its account's messages on the line are parked with message ${this.message}`,
      earlier_message: `message ${this.message} to the same recipient is parked`,
      campaign: `campaign ${this.name || this.campaign}: ${this.#slot(before)}`,
      hours: `its hours are closed in ${this.zone}`,
      in_flight: `${this.used} of ${this.amount} leases of its line are out`,
      line: `its line is ${this.state}${this.reason ? ` (${this.reason})` : ''}`,
    };
    return told[this.rule] ?? `limit ${this.limit} of ${this.subject}: ${this.state || `${this.used} of ${this.amount} used`}`;
  }

  #slot(before) {
    if (this.state === 'paused') return 'paused';
    return this.state === 'rate' ? `its rate of ${this.rate}, ${before}` : `its slot, ${before}`;
  }
}

class Explanation {
  constructor(text) {
    const { holds, ...told } = parse(text);
    Object.defineProperties(this, Object.getOwnPropertyDescriptors(renamed(told, TIMES)));
    this.holds = holds.map((hold) => new Hold(hold));
  }

  toString() {
    const leaves =
      this.eta === null ? '' : `, leaves ${this.etaKind === 'bound' ? 'not before' : 'at'} ${instantText(this.etaNs)}`;
    const place = this.position === null ? '' : `, position ${this.position}`;
    const head = `message ${this.message} is ${this.state} on ${this.line}${place}${leaves}`;
    return [head, ...(this.holds.length > 0 ? this.holds : ['nothing holds it']).map((hold) => `  ${hold}`)].join('\n');
  }

  [Symbol.iterator]() {
    return this.holds[Symbol.iterator]();
  }
}

function untilText(until, kind) {
  if (until === null) return kind === 'on_release' ? 'until something is released' : 'until nobody knows when';
  return `${kind === 'bound' ? 'not before' : 'until'} ${instantText(until)}`;
}

function instantText(ns) {
  const seconds = ns / 1_000_000_000n;
  const fraction = `.${String(ns % 1_000_000_000n).padStart(9, '0')}`.replace(/\.?0+$/, '');
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}${fraction}Z`;
}

module.exports = { Explanation };
