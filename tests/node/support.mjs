// SPDX-License-Identifier: Apache-2.0
// What the tests share: policies, engines on virtual time, and what a misuse must look like.
import assert from 'node:assert/strict';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { Engine } from '../../bindings/node/index.mjs';

export const ROOT = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
export const NOW = Date.UTC(2025, 0, 13, 12);
export const MS = 1_000_000n;
export const DAY = 86_400_000;

// Two a minute for a pair, a hundred a day for an account; and what else single tests are about.
export const HELLO = `{ "name": "hello", "tenant": "account", "line": "line",
  "subjects": [ { "scope": ["account"], "plans": ["free", "pro"], "default": "free" } ],
  "limits": [
    { "name": "pair", "scope": ["line", "recipient"], "kind": "window", "period": "60s from first", "amount": 2 },
    { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "thresholds": [50],
      "amounts": [ { "plan": "free", "amount": 100 }, { "plan": "pro", "amount": 1000 } ] },
    { "name": "provider", "scope": ["account"], "kind": "upstream", "longest": "1h" } ],
  "operations": [
    { "name": "send", "values": ["account", "line", "recipient"], "repeats": "recipient",
      "charges": [ { "limit": "pair", "each": "recipient" }, { "limit": "day" } ] },
    { "name": "batch", "values": ["account"], "quantities": ["items"], "charges": [ { "limit": "day", "cost": "items" } ] },
    { "name": "call", "values": ["account"], "charges": [ { "limit": "provider" } ] } ] }`;

// A line that sends one a second; a message of it is tried again after a second.
export const QUEUE = `{ "name": "queue", "tenant": "account", "line": "line",
  "limits": [
    { "name": "rate", "scope": ["line"], "kind": "pace", "amount": "1/s", "mode": "queue" },
    { "name": "depth", "scope": ["line"], "kind": "gauge", "amount": 100 } ],
  "queue": { "retry": { "first": "1s", "attempts": 3 } },
  "operations": [ { "name": "send", "values": ["account", "line", "recipient"],
    "charges": [ { "limit": "rate" }, { "limit": "depth", "while": "queued" } ] } ] }`;

export const open = (policy = HELLO, options = {}) => new Engine({ policy, clock: 'manual', now: NOW, ...options });

export const message = (recipient = '+2', line = '+1') => ({ account: 'acme', line, recipient });

// The error of a call, which must be one.
export function thrown(call, ...given) {
  try {
    call(...given);
  } catch (error) {
    assert.ok(error instanceof Error, `${error} is no Error`);
    return error;
  }
  return assert.fail(`nothing was thrown: ${call}`);
}

// Everything by which a state could differ.
export function stateOf(engine) {
  const { memoryUsed: _, peeked: __, ...counters } = engine.counters();
  return JSON.stringify([counters, engine.usage({ account: 'acme' }), [...engine.listSubjects('account')]]);
}
