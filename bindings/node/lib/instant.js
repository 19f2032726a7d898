// SPDX-License-Identifier: Apache-2.0
// Time in both its forms. What is passed in is ms as a number, a Date, or ns as a bigint, and the addon reads it. What comes out is
// ms as a number under its name, and exactly, in ns, as a bigint under its name with Ns. Those in ns are not enumerable, since
// JSON has no bigints.
//
// 1. An instant that one waits for, and a wait, is rounded up to ms: who sleeps so long has slept enough.
// 2. An instant before which one must be done, and one that has been, is rounded down.
'use strict';

const MS = 1_000_000n;

const up = (ns) => Number((ns + MS - 1n) / MS);
const down = (ns) => Number(ns / MS);

function define(target, name, ms, ns) {
  target[name] = ms;
  Object.defineProperty(target, name.endsWith('Ms') ? `${name.slice(0, -2)}Ns` : `${name}Ns`, { value: ns, configurable: true });
}

// `name` is "resetsAt" of an instant, "retryAfterMs" of a span; null stays null.
function addUp(target, name, ns) {
  define(target, name, ns === null ? null : up(ns), ns);
}

function addDown(target, name, ns) {
  define(target, name, ns === null ? null : down(ns), ns);
}

// As the addon writes them into a row: whole ms, and the ns beside. Negative: none.
const upOfRow = (ms, rest) => (ms < 0 ? null : rest > 0 ? ms + 1 : ms);
const nsOfRow = (ms, rest) => (ms < 0 ? null : BigInt(ms) * MS + BigInt(rest));

module.exports = { addDown, addUp, down, nsOfRow, up, upOfRow };
