// SPDX-License-Identifier: Apache-2.0
// Leases as they come due: `for await (const lease of engine.due())`, asleep in between.
//
// 1. Nothing is polled: it sleeps until the next instant at which something is due, and is woken by what is due sooner (bell.js).
// 2. A timer holds 24.8 days at most; a longer sleep is several.
// 3. However an iteration ends, leases that were taken and not handed out go back to their places.
'use strict';

const { FOREVER } = require('./bell.js');
const { up } = require('./instant.js');

const LONGEST = 2 ** 31 - 1; // ms that a timer of Node holds
const AGAIN = 1; // ms: it came due just now, or there was no memory to lease it

class DueIterator {
  #core;
  #take;
  #options;
  #stopped;
  #hand = []; // leases that are to be handed out
  #done = false;
  #turn = Promise.resolve(); // calls of next() take their turns
  #wake = () => {};
  #woken = () => this.#wake();

  constructor(core, take, options, stopped) {
    this.#core = core;
    this.#take = take;
    this.#options = options;
    this.#stopped = stopped;
    stopped.add(this.#woken);
    options.signal?.addEventListener('abort', this.#woken);
  }

  next() {
    const turn = this.#turn.then(() => this.#next());
    this.#turn = turn.then(
      () => {},
      () => {},
    );
    return turn;
  }

  async return(value) {
    this.#end();
    return { value, done: true };
  }

  async throw(error) {
    this.#end();
    throw error;
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  async #next() {
    try {
      const lease = await this.#lease();
      if (lease !== undefined) return { value: lease, done: false };
    } catch (error) {
      this.#end();
      if (error.code === 'SLUICE_E_HANDLE') return { value: undefined, done: true };
      throw error;
    }
    this.#end();
    return { value: undefined, done: true };
  }

  // The next lease, when it is due; undefined at the end.
  async #lease() {
    for (;;) {
      this.#options.signal?.throwIfAborted();
      if (this.#done || this.#stopped.all) return undefined;
      const lease = this.#handOut();
      if (lease !== undefined) return lease;
      await this.#takeOrSleep();
    }
  }

  // But for those that ended while others were at work.
  #handOut() {
    while (this.#hand.length > 0) {
      const lease = this.#hand.shift();
      if (this.#options.most === 1 || lease.untilNs > this.#core.native.clock()) return lease;
    }
    return undefined;
  }

  async #takeOrSleep() {
    const { bell } = this.#core;
    // The sleeper hears of all that changes from here on.
    let ring;
    const rung = new Promise((resolve) => (ring = resolve));
    this.#wake = ring;
    bell.set(this.#woken, FOREVER);
    try {
      const { leases, nextDue } = this.#take(this.#options);
      const until = nextDue ?? FOREVER;
      // While this call had a line in hand, another's saw nothing of it.
      bell.ring(until, this.#woken);
      bell.ringOthers(until);
      this.#hand = leases;
      if (leases.length > 0) return;
      bell.set(this.#woken, until);
      await this.#sleep(rung, ring, nextDue);
    } finally {
      this.#wake = () => {};
      bell.set(this.#woken, 0n);
    }
  }

  async #sleep(rung, ring, due) {
    const wait = this.#wait(due);
    const timer = wait === undefined ? undefined : setTimeout(ring, wait);
    if (!this.#options.ref) timer?.unref();
    try {
      await rung;
    } finally {
      clearTimeout(timer);
    }
  }

  // ms for a timer; undefined: until woken. A manual clock wakes by being set.
  #wait(due) {
    const left = due === null ? undefined : due - this.#core.native.clock();
    if (left !== undefined && left <= 0n) return AGAIN;
    if (left === undefined || this.#core.manual) return this.#options.ref ? LONGEST : undefined;
    return Math.min(up(left), LONGEST);
  }

  #end() {
    if (this.#done) return;
    this.#done = true;
    this.#options.signal?.removeEventListener('abort', this.#woken);
    this.#stopped.delete(this.#woken);
    for (const lease of this.#hand.splice(0)) giveBack(lease);
    this.#woken();
  }
}

// Of a closed engine, or a lease that has ended: there is nothing to give back.
function giveBack(lease) {
  try {
    lease.nack('not_attempted');
  } catch (error) {
    if (error.code === undefined || !error.code.startsWith('SLUICE_E_')) throw error;
  }
}

class Stopping extends Set {
  all = false;
}

// What is due. Each `for await` over it is an iteration of its own.
class Due {
  #core;
  #take;
  #options;
  #stopped = new Stopping(); // how each iteration is woken

  constructor(core, take, options) {
    this.#core = core;
    this.#take = take;
    this.#options = options;
  }

  // Ends every iteration after the lease it is at; once and for all.
  stop() {
    this.#stopped.all = true;
    for (const wake of this.#stopped) wake();
  }

  [Symbol.asyncIterator]() {
    return new DueIterator(this.#core, this.#take, this.#options, this.#stopped);
  }
}

if (Symbol.asyncDispose !== undefined) {
  DueIterator.prototype[Symbol.asyncDispose] = async function () {
    await this.return();
  };
  Due.prototype[Symbol.asyncDispose] = async function () {
    this.stop();
  };
}

module.exports = { Due };
