// SPDX-License-Identifier: Apache-2.0
// Decisions one by one and in batches, receipts, plans and subjects, and time in both its forms.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Decisions, NEVER, NotFoundError, ON_RELEASE, Policy } from '../../bindings/node/index.mjs';
import { DAY, HELLO, MS, NOW, message, open } from './support.mjs';

test('two pass and the third is told when it may go, in ms and exactly', () => {
  const engine = open();
  const decisions = [1, 2, 3].map(() => engine.decide('send', message()));
  assert.deepEqual(
    decisions.map(({ outcome, limitName, remaining, retryAfterMs }) => [outcome, limitName, remaining, retryAfterMs]),
    [
      ['allowed', 'pair', 1, 0],
      ['allowed', 'pair', 0, 0],
      ['denied', 'pair', 0, 60_000],
    ],
  );
  const [, , third] = decisions;
  assert.deepEqual([third.allowed, third.denial, third.waitKind, third.retryAfterSeconds], [false, 'rate', 'exact', 60]);
  assert.deepEqual([third.retryAfterNs, third.opensAtNs], [60_000n * MS, BigInt(NOW + 60_000) * MS]);
  assert.deepEqual([third.now, third.nowNs, decisions[0].denial], [NOW, BigInt(NOW) * MS, null]);
  assert.doesNotThrow(() => JSON.stringify(third), 'a decision can be logged');
  engine.close();
});

test('sleeping as long as is told is enough, and 1 ns less is not', () => {
  const engine = open();
  const send = engine.operation('send');
  engine.setClock(BigInt(NOW) * MS + 1n);
  send.decide(message());
  send.decide(message());
  const { retryAfterNs, retryAfterMs, nowNs } = send.decide(message(), { now: BigInt(NOW) * MS + 2n });
  assert.equal(retryAfterNs, 60_000n * MS - 1n);
  assert.equal(retryAfterMs, 60_000, 'a wait is rounded up');
  assert.equal(send.peek(message(), { now: nowNs + retryAfterNs - 1n }).allowed, false);
  assert.equal(send.decide(message(), { now: nowNs + retryAfterNs }).allowed, true);
  engine.close();
});

test('an instant is a number of ms, a Date or a bigint of ns', () => {
  const engine = open();
  for (const now of [NOW + 5, new Date(NOW + 5), BigInt(NOW + 5) * MS]) {
    assert.equal(engine.peek('send', message(), { now }).now, NOW + 5);
  }
  engine.setClock(new Date(NOW + 7));
  assert.deepEqual([engine.clock(), engine.clockNs()], [NOW + 7, BigInt(NOW + 7) * MS]);
  engine.close();
});

test('tryAcquire answers 0, the wait in ms, or Infinity', () => {
  const engine = open();
  const send = engine.operation('send');
  assert.deepEqual(
    [1, 2, 3].map(() => send.tryAcquire('acme', '+1', '+2')),
    [0, 0, 60_000],
  );
  assert.equal(send.tryAcquire('acme', Buffer.from('+1'), ['+3', '+4']), 0);
  assert.equal(engine.tryAcquire('send', message()), 60_000);
  assert.equal(engine.tryAcquire('send', message(), { now: NOW + 60_000 }), 0);
  engine.setAmount({ account: 'acme' }, 'day', 'blocked');
  assert.equal(send.tryAcquire('acme', '+1', '+5'), Infinity);
  engine.close();
});

test('a peek charges nothing, what has happened is charged whatever it says', () => {
  const engine = open();
  for (let i = 0; i < 5; ++i) assert.equal(engine.peek('send', message()).allowed, true);
  for (let i = 0; i < 5; ++i) assert.equal(engine.recordInbound('send', message()).allowed, true);
  assert.equal(engine.peek('send', message()).used, 5);
  assert.equal(engine.counters().peeked, 6);
  engine.close();
});

test('details tell how every limit stood', () => {
  const engine = open();
  const { details } = engine.decide('send', message(['+2', '+3']), { details: true });
  assert.deepEqual(
    details.map(({ limitName, subject, used, passed, denial, waitKind }) => [limitName, subject, used, passed, denial, waitKind]),
    [
      ['pair', 0, 1, true, null, 'none'],
      ['pair', 1, 1, true, null, 'none'],
      ['day', 0, 1, true, null, 'none'],
    ],
  );
  assert.equal(details[2].resetsAtNs, BigInt(Date.UTC(2025, 0, 14)) * MS);
  engine.close();
});

test('a batch equals its single calls, in arrays and one by one', () => {
  const rows = Array.from({ length: 3000 }, (_, i) => ['acme', `+${i % 7}`, i % 3 === 0 ? [`+${i % 11}`, 'é'] : `+${i % 11}`]);
  const [batch, packed, single] = [open(), open(), open()];
  const answers = batch.decideMany('send', rows);
  const laid = packed.operation('send').pack(rows);
  const out = packed.decideMany('send', laid, { out: new Decisions(rows.length) });
  rows.forEach(([account, line, recipient], i) => {
    const decision = single.decide('send', { account, line, recipient });
    const { outcome, limitName, remaining, retryAfterMs, error } = answers.at(i);
    assert.deepEqual(
      [outcome, limitName, remaining, retryAfterMs],
      [decision.outcome, decision.limitName, decision.remaining, decision.retryAfterMs],
    );
    assert.equal(error, null);
  });
  for (const name of ['status', 'limitId', 'retryAfterNs', 'retryAfterMs', 'remaining'])
    assert.deepEqual(out[name], answers[name]);
  assert.deepEqual(batch.counters().deniedBy, single.counters().deniedBy);
  for (const engine of [batch, packed, single]) engine.close();
});

test('a batch has quantities, and what fails in it stops nobody', () => {
  const engine = open();
  const answers = engine.decideMany('batch', ['acme', 'globex', 'x'.repeat(1025), 'acme'], {
    quantities: [{ items: 60 }, { items: 60 }, { items: 1 }, { items: 60 }],
  });
  assert.deepEqual(
    [...answers].map((answer) => answer.outcome),
    ['allowed', 'allowed', 'failed', 'denied'],
  );
  assert.equal(answers.at(2).error.code, 'SLUICE_E_INVALID');
  assert.deepEqual(engine.usage({ account: 'acme' }).day.used, 60);
  const never = engine.decideMany('batch', ['initech'], { quantities: [{ items: 101 }] });
  assert.deepEqual([never.retryAfterNs[0], never.retryAfterMs[0], never.at(0).retryAfterMs], [NEVER, Infinity, null]);
  assert.equal(ON_RELEASE, NEVER - 1n);
  engine.close();
});

test('a receipt gives back or settles, once', () => {
  const engine = open();
  const first = engine.decide('batch', { account: 'acme' }, { quantities: { items: 50 }, receipt: true });
  first.receipt.commit({ items: 20 });
  assert.equal(engine.usage({ account: 'acme' }).day.used, 20);
  const second = engine.decide('batch', { account: 'acme' }, { quantities: { items: 5 }, receipt: true });
  second.receipt.refund();
  assert.equal(engine.usage({ account: 'acme' }).day.used, 20);
  assert.throws(() => second.receipt.refund(), NotFoundError);
  assert.equal(engine.decide('send', message()).receipt, null);
  engine.close();
});

test('an idempotency key is answered again, and conflicts with another request', () => {
  const engine = open();
  const key = { idempotencyKey: 'k' };
  engine.decide('send', message(), key);
  assert.equal(engine.decide('send', message(), key).replayed, true);
  assert.throws(() => engine.decide('send', message('+9'), key), { code: 'SLUICE_E_CONFLICT', name: 'ConflictError' });
  engine.close();
});

test('plans, amounts, billing and use are set for one subject at once', () => {
  const engine = open();
  const acme = { account: 'acme' };
  engine.setPlan(acme, 'pro');
  assert.equal(engine.usage(acme).day.limit, 1000);
  engine.setAmount(acme, 'day', 7);
  engine.setUsage(acme, 'day', 3);
  assert.deepEqual(engine.usageRows(acme).find((row) => row.limitName === 'day').remaining, 4);
  engine.setAmount(acme, 'day', { amount: 50, thresholds: [10] });
  engine.setAmount(acme, 'day', null);
  engine.setBilling(acme, { day: 31, timeOfDay: '02:30', zone: 'Europe/Paris' });
  engine.reset(acme);
  assert.deepEqual([engine.usage(acme).day.used, engine.usage(acme).day.limit], [0, 1000]);
  assert.deepEqual([...engine.listSubjects('account')], [{ values: ['acme'], plan: 'pro' }]);
  assert.equal(engine.erase(acme), 1);
  assert.deepEqual([...engine.listSubjects('account')], []);
  engine.close();
});

test('an upstream is closed and opened, quality is reported', () => {
  const engine = open();
  const acme = { account: 'acme' };
  engine.reportThrottled(acme, 'provider', 1500);
  assert.deepEqual([engine.tryAcquire('call', acme), engine.decide('call', acme).denial], [1500, 'upstream']);
  engine.clearThrottle(acme, 'provider');
  assert.equal(engine.tryAcquire('call', acme), 0);
  engine.reportQuality(acme, 'green');
  engine.close();
});

test('events are taken out once', () => {
  const engine = open();
  engine.decide('batch', { account: 'acme' }, { quantities: { items: 50 } });
  const [event] = engine.events();
  assert.deepEqual(
    [event.kind, event.limitName, event.share, event.percent, event.subject],
    ['threshold', 'day', 5000, 50, 'account=acme'],
  );
  assert.deepEqual([event.at, event.atNs, event.senderChange], [NOW, BigInt(NOW) * MS, null]);
  assert.deepEqual(engine.events(), []);
  engine.close();
});

test('a sweep drops what equals never seen', () => {
  const engine = open();
  engine.decide('send', message());
  engine.setClock(NOW + DAY);
  assert.equal(engine.sweep(), 2);
  assert.equal(engine.counters().records, 0);
  engine.close();
});

test('a reload keeps state, and operations stay valid under another order of values', () => {
  const engine = open();
  const send = engine.operation('send');
  send.decide(message());
  const turned = HELLO.replace('"values": ["account", "line", "recipient"]', '"values": ["recipient", "line", "account"]');
  engine.reload(turned);
  assert.equal(send.decide(message()).used, 2, 'values by name');
  assert.deepEqual(send.values, ['recipient', 'line', 'account']);
  assert.equal(send.tryAcquire('+2', '+1', 'acme'), 60_000);
  assert.throws(() => engine.reload(HELLO.replace('"60s from first"', '"61s from first"')), { code: 'SLUICE_E_WOULD_RESET' });
  engine.reload(HELLO.replace('"60s from first"', '"61s from first"'), { allowReset: true });
  assert.equal(send.decide(message()).used, 1);
  engine.close();
});

test('a policy tells all that is wrong with it, and what it means', () => {
  const policy = new Policy(HELLO);
  assert.deepEqual([policy.name, policy.stance, policy.stances.includes('enforce')], ['hello', 'enforce', true]);
  assert.deepEqual(policy.description.dimensions, ['account', 'line', 'recipient']);
  const broken = HELLO.replace('"amount": 2', '"amont": 2').replace('"window", "period": "day"', '"windw", "period": "day"');
  assert.throws(
    () => new Policy(broken),
    (error) => error.code === 'SLUICE_E_POLICY' && error.findings.filter((finding) => finding.severity === 'error').length >= 2,
  );
  assert.deepEqual(
    policy.check('comply').map(({ severity }) => severity),
    ['error'],
    'it has no such stance',
  );
  assert.deepEqual(policy.check(), policy.findings);
  const engine = open(policy);
  assert.equal(engine.policy.name, 'hello');
  assert.match(engine.explain('send', message()), /^allowed/);
  engine.close();
});
