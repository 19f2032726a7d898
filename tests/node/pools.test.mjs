// SPDX-License-Identifier: Apache-2.0
// Pools, campaigns and the planner.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { ConflictError, planCampaign, planLines } from '../../bindings/node/index.mjs';
import { MS, NOW, QUEUE, ROOT, open } from './support.mjs';

const POOLED = `{ "name": "pooled", "tenant": "account", "line": "line",
  "limits": [
    { "name": "pace", "scope": ["line"], "kind": "pace", "amount": "1/s", "mode": "queue" },
    { "name": "queued", "scope": ["line"], "kind": "gauge", "amount": 100 } ],
  "pools": [ { "name": "shared" }, { "name": "own", "by": ["account"] } ],
  "operations": [ { "name": "send", "values": ["account", "line", "recipient"], "pool": "shared",
    "charges": [ { "limit": "pace" }, { "limit": "queued", "while": "queued" } ] } ] }`;

function pooled() {
  const engine = open(POOLED);
  for (const line of ['+1', '+2']) engine.setLine('shared', line);
  return engine;
}

const put = (engine, recipient, options) =>
  engine.enqueue('send', { account: 'acme', recipient }, { payload: recipient, ...options });

test('a pool chooses the line, and a recipient keeps it', () => {
  const engine = pooled();
  const first = put(engine, 'ada');
  assert.equal(first.sticky, 'fresh');
  assert.ok(['+1', '+2'].includes(first.line));
  const second = put(engine, 'ada');
  assert.deepEqual([second.line, second.sticky], [first.line, 'existing']);
  assert.equal(engine.decide('send', { account: 'acme', recipient: 'bob' }).line !== null, true);
  assert.equal(engine.status(second).line, first.line);
  const many = engine.enqueueMany('send', [{ values: { account: 'acme', recipient: 'ada' } }, { values: ['acme', '+2', 'eve'] }]);
  assert.deepEqual(
    many.map(({ line }) => line),
    [first.line, '+2'],
  );
  const keys = Buffer.from('acmeada');
  assert.equal(engine.decideMany('send', { keys, offsets: Uint32Array.of(0, 4, 4, 7) }).at(0).outcome, 'would_queue');
  engine.close();
});

test('a suspended line moves what waits, and says so', () => {
  const engine = pooled();
  const held = put(engine, 'ada');
  const other = held.line === '+1' ? '+2' : '+1';
  const report = engine.setLine('shared', held.line, { state: 'suspended', onSuspend: 'move_all', reason: 'spam' });
  assert.deepEqual(report, { held: 0, moved: 1, failed: 0 });
  const [event] = engine.events();
  assert.deepEqual(event.senderChange, { recipient: 'ada', fromLine: held.line, toLine: other, why: 'suspended' });
  const [row] = engine.lines('shared').filter(({ line }) => line === held.line);
  assert.deepEqual([row.state, row.reason, row.depth, row.pausedUntil], ['suspended', 'spam', 0, null]);
  engine.close();
});

test('a pause ends at its instant, and lines are told by what they are of', () => {
  const engine = pooled();
  engine.setLine('shared', '+1', { state: 'paused', pausedUntil: BigInt(NOW + 5000) * MS + 1n });
  const [row] = engine.lines('shared');
  assert.deepEqual([row.pausedUntil, row.pausedUntilNs], [NOW + 5001, BigInt(NOW + 5000) * MS + 1n]);
  engine.setLine('own', '+7', { by: { account: 'acme' }, weight: 3 });
  assert.deepEqual(
    engine.lines('own', { by: { account: 'acme' } }).map(({ line, weight }) => [line, weight]),
    [['+7', 3]],
  );
  assert.deepEqual(engine.lines('own', { by: { account: 'globex' } }), []);
  assert.throws(() => engine.lines('own'), { code: 'ERR_INVALID_ARG_VALUE', field: 'by' });
  assert.throws(() => engine.setLine('own', '+7', { by: { acount: 'acme' } }), { code: 'ERR_INVALID_ARG_VALUE' });
  assert.throws(() => engine.setLine('shared', '+1', { state: 'broken' }), { field: 'state' });
  assert.throws(() => engine.setLine('shared', '+1', { weight: 1.5 }), { field: 'weight' });
  engine.close();
});

test('a lease is of the lines of a pool', () => {
  const engine = pooled();
  put(engine, 'ada');
  assert.deepEqual(engine.lease({ pool: 'own', by: { account: 'acme' } }), []);
  assert.equal(engine.lease({ pool: 'shared' }).length, 1);
  engine.close();
});

test('a campaign leaves spread over its time, is paused, and is aborted for good', () => {
  const engine = open(QUEUE);
  const campaign = engine.campaign('spring', { account: 'acme' }, { duration: 100_000, rate: '200/min' });
  for (let i = 0; i < 50; ++i) engine.enqueue('send', ['acme', '+1', `r${i}`], { campaign: i % 2 ? campaign : campaign.number });
  const left = [];
  while (left.length < 3) {
    engine.setClock(engine.nextDueNs());
    for (const lease of engine.lease()) {
      left.push([engine.clock() - NOW, lease.campaign]);
      lease.ack();
    }
  }
  assert.deepEqual(
    left,
    [0, 2000, 4000].map((at) => [at, campaign.number]),
  );
  assert.equal(campaign.pause().state, 'paused');
  assert.equal(campaign.resume().state, 'running');
  const { rate, accepted, queued, ended } = campaign.setRate('10/s');
  assert.deepEqual([rate, accepted, queued, ended.sent], ['10/s', 50, 47, 3]);
  assert.equal(campaign.seal().sealed, true);
  const aborted = campaign.abort();
  assert.deepEqual([aborted.state, aborted.removed, aborted.inFlight], ['aborted', 47, []]);
  assert.throws(() => campaign.resume(), ConflictError);
  assert.equal(campaign.status().state, 'aborted');
  engine.close();
});

test('four a second take five lines', () => {
  const policy = readFileSync(`${ROOT}/policies/sendblue.jsonc`);
  const plan = planLines({ policy, operation: 'messages.send', rate: '4/s', wait: 3000 });
  assert.deepEqual([plan.lines, plan.ruleOfThumb, plan.waitMs, plan.waitNs], [5, 4, 3000, 3000n * MS]);
  const row = plan.rows.find(({ lines }) => lines === plan.lines);
  assert.ok(row.met && row.atPercentileMs <= 3000 && row.atPercentileNs <= 3000n * MS);
  assert.deepEqual(planLines({ policy, operation: 'messages.send', rate: '4/s', wait: 3000n * MS, seed: 1 }), plan);
});

test('a campaign takes as long as its lines', () => {
  const starts = BigInt(NOW) * MS + 1n; // beyond what a number holds
  const plan = planCampaign({ policy: QUEUE, recipients: 20, startsAt: starts, share: 100 });
  assert.deepEqual([plan.startsAtNs, plan.finishesAtNs, plan.sent], [starts, starts + 19_000n * MS, 20]);
  assert.deepEqual(
    plan.lines.map(({ messages }) => messages),
    [20],
  );
});

test('a running engine is asked, and stays as it is', () => {
  const engine = open(QUEUE);
  for (let i = 0; i < 5; ++i) engine.enqueue('send', ['acme', '+1', `r${i}`]);
  const before = JSON.stringify(engine.counters());
  const plan = engine.planCampaign('send', ['x', 'y'], { account: 'acme' }, { lines: ['+1'], share: 100 });
  assert.deepEqual([plan.waiting, plan.sent], [5, 2]);
  assert.ok(plan.finishesAt >= NOW + 1000);
  assert.equal(JSON.stringify(engine.counters()), before);
  engine.close();
});
