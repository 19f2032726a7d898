// SPDX-License-Identifier: Apache-2.0
// Rings those of this thread who sleep when something becomes due sooner than they know; the addon rings the bell, by what any
// thread does, and only while somebody sleeps.
'use strict';

// Beyond every instant: who sleeps till then is woken by anything that is due.
const FOREVER = 2n ** 63n - 1n;

// Those with sleepers. Another thread may wake them, so they stay though nothing of this thread holds them.
const ringing = new Set();

class Bell {
  #native;
  #sleepers = new Map(); // how each is woken, and what is due before which instant wakes it
  #hear;

  constructor(native) {
    this.#native = native;
    const bell = new WeakRef(this); // the addon keeps the function, and must not keep the engine by it
    this.#hear = () => bell.deref()?.ring(-1n);
  }

  // From now on this one is woken by what is due before an instant; by nothing any more at 0.
  set(wake, until) {
    if (until === 0n) this.#sleepers.delete(wake);
    else this.#sleepers.set(wake, until);
    let latest = 0n;
    for (const each of this.#sleepers.values()) if (each > latest) latest = each;
    if (latest === 0n) ringing.delete(this);
    else ringing.add(this);
    this.#native.watch(latest, this.#hear);
  }

  // Something is due at an instant: wakes all who sleep longer.
  ring(due, but) {
    for (const [wake, until] of this.#sleepers) if (wake !== but && due < until) wake();
  }

  // The same in the engine's other threads.
  ringOthers(due) {
    this.#native.ring(due);
  }
}

module.exports = { Bell, FOREVER };
