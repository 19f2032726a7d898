// SPDX-License-Identifier: Apache-2.0
// Messages held, leased and settled, on virtual time.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { NotAttempted, NotFoundError, PermanentFailure, StaleLeaseError, Throttled } from '../../bindings/node/index.mjs';
import { MS, NOW, QUEUE, message, open } from './support.mjs';

const ONE = { most: 1 };

test('a message is held, leased and acked', () => {
  const engine = open(QUEUE);
  const held = engine.enqueue('send', message(), { payload: 'hello' });
  assert.deepEqual([held.held, held.state, held.depth, held.error], [true, 'waiting', 1, null]);
  assert.equal(held.decision.allowed, true);
  assert.deepEqual([engine.nextDue(), engine.nextDueNs()], [NOW, BigInt(NOW) * MS]);
  const [lease] = engine.lease();
  assert.equal(lease.payload.toString(), 'hello');
  assert.deepEqual(lease.values, { account: 'acme', line: '+1', recipient: '+2' });
  assert.deepEqual(lease.rawValues.map(String), ['acme', '+1', '+2']);
  assert.deepEqual([lease.message, lease.fence, lease.attempt, lease.redelivered], [held.message, 1, 1, false]);
  assert.deepEqual([lease.operation, lease.messageClass, lease.campaign, lease.due], ['send', 'transactional', null, NOW]);
  assert.equal(engine.status(held).state, 'leased');
  lease.ack();
  assert.equal(lease.settled, true);
  assert.throws(() => engine.status(held), NotFoundError);
  assert.equal(engine.counters().ended.sent, 1);
  assert.deepEqual([engine.nextDue(), engine.nextDueNs(), engine.lease()], [null, null, []]);
  assert.doesNotThrow(() => JSON.stringify([held, lease]), 'they can be logged');
  engine.close();
});

test('messages leave at their pace and in order, to the ns', () => {
  const engine = open(QUEUE);
  for (let i = 0; i < 5; ++i) engine.enqueue('send', message(`+${i}`), { payload: `${i}` });
  const left = [];
  for (let due = engine.nextDueNs(); due !== null; due = engine.nextDueNs()) {
    engine.setClock(due - 1n);
    if (left.length > 0) assert.deepEqual(engine.lease(), [], '1 ns earlier there is nothing');
    engine.setClock(due);
    for (const lease of engine.lease()) {
      left.push([Number((due - BigInt(NOW) * MS) / MS), lease.payload.toString()]);
      lease.ack();
    }
  }
  assert.deepEqual(
    left,
    [0, 1, 2, 3, 4].map((i) => [i * 1000, `${i}`]),
  );
  engine.close();
});

test('a refusal is not held and says why', () => {
  const engine = open(QUEUE);
  const rows = Array.from({ length: 101 }, (_, i) => ({ values: message(`+${i}`), payload: Buffer.from([i]) }));
  const answers = engine.enqueueMany('send', rows);
  assert.deepEqual(
    answers.map((held) => held.held),
    rows.map((_, i) => i < 100),
  );
  assert.deepEqual([answers[100].message, answers[100].state, answers[100].decision.denial], [null, null, 'depth']);
  assert.equal(engine.counters().messages, 100);
  engine.close();
});

test('of a batch one that fails has its error, and the others are held', () => {
  const engine = open(QUEUE);
  const answers = engine.enqueueMany('send', [
    { values: message() },
    { values: message(), zone: 'Mars/Phobos' },
    { values: ['acme', '+1', '+3'], messageClass: 'urgent' },
  ]);
  assert.deepEqual(
    answers.map((held) => held.held),
    [true, false, true],
  );
  assert.equal(answers[1].error.code, 'SLUICE_E_INVALID');
  assert.match(answers[1].error.message, /Mars\/Phobos/);
  assert.throws(() => answers[1].decision, { code: 'SLUICE_E_INVALID' });
  assert.deepEqual(engine.enqueueMany('send', []), []);
  engine.close();
});

test('a peek holds nothing and tells when it would leave', () => {
  const engine = open(QUEUE);
  engine.enqueue('send', message());
  const peeked = engine.peekEnqueue('send', message());
  assert.deepEqual([peeked.held, peeked.decision.allowed, peeked.position, peeked.etaKind], [false, true, 2, 'exact']);
  assert.deepEqual([peeked.eta, peeked.etaNs], [NOW + 1000, BigInt(NOW + 1000) * MS]);
  assert.equal(engine.counters().messages, 1);
  engine.close();
});

test('a message for later waits, tells where it stands, and can be cancelled', () => {
  const engine = open(QUEUE);
  const held = engine.enqueue('send', message(), { sendAt: NOW + 5000, expiresAt: new Date(NOW + 9000) });
  assert.deepEqual([held.state, held.expiresAt, held.expiresAtNs], ['scheduled', NOW + 9000, BigInt(NOW + 9000) * MS]);
  const status = engine.status(held.message);
  assert.deepEqual([status.state, status.operation, status.line, status.due], ['scheduled', 'send', '+1', NOW + 5000]);
  const why = engine.explainMessage(held);
  assert.deepEqual(
    [...why].map((hold) => [hold.rule, hold.until, hold.untilNs]),
    [['send_at', NOW + 5000, BigInt(NOW + 5000) * MS]],
  );
  assert.match(String(why), /for later, until 2025-01-13T12:00:05Z/);
  engine.cancel(held);
  assert.equal(engine.counters().ended.cancelled, 1);
  engine.close();
});

test('every outcome of a nack says what becomes of the message', () => {
  const expected = { retry: 'parked', throttled: 'waiting', not_attempted: 'waiting', line_bad: 'waiting' };
  for (const [outcome, state] of Object.entries(expected)) {
    const engine = open(QUEUE);
    const held = engine.enqueue('send', message());
    engine.lease()[0].nack(outcome, { retryAfter: outcome === 'line_bad' ? undefined : 2500 });
    assert.equal(engine.status(held).state, state, outcome);
    if (outcome === 'throttled') assert.equal(engine.nextDue(), NOW + 2500);
    engine.close();
  }
  const engine = open(QUEUE);
  engine.enqueue('send', message());
  engine.lease()[0].nack('failed');
  assert.equal(engine.counters().ended.failed, 1);
  engine.close();
});

test('a lease that ends without a word is delivered again, and the first is stale', () => {
  const engine = open(QUEUE);
  engine.enqueue('send', message());
  const [first] = engine.lease({ ttl: 10_000 });
  assert.equal(first.until, NOW + 10_000);
  assert.equal(first.extend(20_000), NOW + 20_000);
  assert.equal(first.untilNs, BigInt(NOW + 20_000) * MS);
  engine.setClock(NOW + 20_000);
  const [again] = engine.lease();
  assert.deepEqual([again.message, again.fence, again.attempt, again.redelivered], [first.message, 2, 2, true]);
  assert.throws(() => first.ack(), StaleLeaseError);
  again.ack();
  engine.close();
});

test('many are settled together', () => {
  const engine = open(QUEUE);
  for (let line = 1; line <= 4; ++line) engine.enqueue('send', message('+9', `+${line}`));
  const [a, b, c, d] = engine.lease();
  d.ack();
  const answers = engine.settle([a, [b, 'failed'], [c, 'retry', 1500], d, { message: 1, fence: 1 }]);
  assert.deepEqual(
    answers.map(({ state }) => state),
    ['sent', 'failed', 'parked', null, null],
  );
  assert.deepEqual(
    answers.map(({ error }) => error?.code),
    [undefined, undefined, undefined, 'SLUICE_E_NOT_FOUND', 'SLUICE_E_NOT_FOUND'],
  );
  assert.deepEqual([a.settled, b.settled, c.settled], [true, true, true]);
  assert.deepEqual(engine.settle([]), []);
  engine.close();
});

test('a callback that returns acks, and what it throws is told', async () => {
  const cases = [
    [async () => 7, 'sent', undefined],
    [() => Promise.reject(new NotAttempted()), 'waiting', undefined],
    [() => Promise.reject(new Throttled(3000)), 'waiting', undefined],
    [() => Promise.reject(new PermanentFailure('no such number')), 'failed', undefined],
    [() => Promise.reject(new TypeError('mine')), 'parked', TypeError],
    [(lease) => lease.nack('failed'), 'failed', undefined],
  ];
  for (const [send, state, error] of cases) {
    const engine = open(QUEUE);
    const held = engine.enqueue('send', message());
    const [lease] = engine.lease();
    if (error === undefined) assert.equal(await lease.run(send), state === 'sent' ? 7 : undefined);
    else await assert.rejects(lease.run(send), error);
    const { ended } = engine.counters();
    assert.equal(ended.sent + ended.failed > 0 ? (ended.sent ? 'sent' : 'failed') : engine.status(held).state, state);
    assert.equal(lease.settled, true);
    engine.close();
  }
});

test('what nobody settled is told as retry when it is disposed of', { skip: Symbol.asyncDispose === undefined }, async () => {
  const engine = open(QUEUE);
  const held = engine.enqueue('send', message());
  await engine.lease()[0][Symbol.asyncDispose]();
  assert.equal(engine.status(held).state, 'parked');
  engine[Symbol.dispose]();
  assert.equal(engine.closed, true);
});

test('lines are divided among workers', () => {
  const engine = open(QUEUE);
  for (const line of ['+1', '+2', '+3']) engine.enqueue('send', message('+9', line));
  assert.deepEqual(
    engine.lease({ lines: ['+1', Buffer.from('+3'), '+4'] }).map((lease) => lease.values.line),
    ['+1', '+3'],
  );
  assert.deepEqual(engine.lease({ lines: [] }), []);
  assert.deepEqual(
    engine.lease(ONE).map((lease) => lease.values.line),
    ['+2'],
  );
  engine.close();
});

test('a large message comes alone', () => {
  const engine = open(QUEUE);
  for (const line of ['+1', '+2']) engine.enqueue('send', message('+9', line), { payload: Buffer.alloc(50_000, line) });
  const sizes = () => engine.lease({ buffer: 1000 }).map((lease) => lease.payload.length);
  assert.deepEqual([sizes(), sizes(), sizes()], [[50_000], [50_000], []]);
  engine.close();
});

test('bytes that are no text are shown and kept, and so are names that JavaScript knows', () => {
  const engine = open(QUEUE.replaceAll('"recipient"', '"constructor"'));
  engine.enqueue('send', ['acme', '+1', Buffer.from([0xff, 0x00])]);
  const [lease] = engine.lease();
  assert.deepEqual([...lease.rawValues[2]], [0xff, 0x00]);
  assert.equal(lease.values.constructor, '\ufffd\0');
  engine.close();
});

test('a message keeps its names over a reload, and one that would take them is refused', () => {
  const engine = open(QUEUE);
  engine.enqueue('send', message());
  const [lease] = engine.lease();
  assert.throws(() => engine.reload(QUEUE.replaceAll('"send"', '"other"'), { allowReset: true }), {
    code: 'SLUICE_E_WOULD_RESET',
  });
  engine.reload(
    QUEUE.replace(
      '"operations": [',
      '"operations": [ { "name": "another", "values": ["line"], "charges": [ { "limit": "rate" } ] },',
    ),
  );
  lease.nack('not_attempted');
  assert.deepEqual(
    engine.lease().map(({ operation, values }) => [operation, values.recipient]),
    [['send', '+2']],
  );
  engine.close();
});
