// SPDX-License-Identifier: Apache-2.0
// Whatever is passed in: an error that names the field, with its code, and nothing has changed.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Decisions, Engine, Policy, SluiceError, planCampaign, planLines } from '../../bindings/node/index.mjs';
import { HELLO, NOW, QUEUE, message, open, stateOf, thrown } from './support.mjs';

const TYPE = 'ERR_INVALID_ARG_TYPE';
const RANGE = 'ERR_OUT_OF_RANGE';
const VALUE = 'ERR_INVALID_ARG_VALUE';
const TIME = 'SLUICE_E_TIME';
const INVALID = 'SLUICE_E_INVALID';
const NOT_FOUND = 'SLUICE_E_NOT_FOUND';

const acme = { account: 'acme' };
const items = (value) => [(engine) => engine.decide('batch', acme, { quantities: { items: value } }), 'quantities.items'];
const now = (value) => [(engine) => engine.decide('send', message(), { now: value }), 'now'];
const line = (value) => [(engine) => engine.decide('send', { ...message(), line: value }), 'values.line'];
const span = (value) => [(engine) => engine.reportThrottled(acme, 'provider', value), 'retryAfter'];
const decide = (options) => (engine) => engine.decide('send', message(), options);

// [call, field, code]; a field of null is of an error in the engine's words, which must name what is wrong.
const OF_DECISIONS = [
  ...[5, null, true, Symbol('s'), {}, () => 1, 5n, new Float64Array(4)].map((value) => [...line(value), TYPE]),
  [...line(undefined), TYPE],
  [...line(''), RANGE],
  [...line('x'.repeat(1025)), RANGE],
  [...line('é'.repeat(513)), RANGE],
  [...line(new Uint8Array(0)), RANGE],
  [...line(new Uint8Array(1025)), RANGE],
  [...line('a\ud800'), RANGE],
  [...line('\udc00\ud800'), RANGE],
  [...line(['+1']), TYPE],
  [(engine) => engine.decide('send', message([])), 'values.recipient', RANGE],
  [(engine) => engine.decide('send', message(Array(129).fill('+1'))), 'values.recipient', RANGE],
  [(engine) => engine.decide('send', message(['+1', 7])), 'values.recipient[1]', TYPE],
  [(engine) => engine.decide('send', message(['+1', ''])), 'values.recipient[1]', RANGE],
  [(engine) => engine.decide('send', { ...message(), lien: '+1' }), 'values.lien', VALUE],
  [(engine) => engine.decide('send', undefined), 'values', TYPE],
  [(engine) => engine.decide('send', 'acme'), 'values', TYPE],
  [(engine) => engine.decide('send', ['acme', '+1', '+2', '+3']), 'values', RANGE],
  [(engine) => engine.decide('send', Array(40).fill('x')), 'values', RANGE],
  [(engine) => engine.operation('send').tryAcquire(...Array(40).fill('x')), 'values', RANGE],
  [(engine) => engine.operation('send').tryAcquire('acme', '+1'), 'values.recipient', TYPE],
  [(engine) => engine.operation('send').tryAcquire(), 'values.account', TYPE],
  ...[1.5, NaN, Infinity, 2 ** 53, 2 ** 53 + 2, -(2 ** 53)].map((value) => [...now(value), RANGE]),
  ...[-1, 2 ** 53 - 1, -1n, 2n ** 62n, 2n ** 63n, -(2n ** 63n), 2n ** 64n + 5n].map((value) => [...now(value), TIME]),
  ...['now', null, {}, true, []].map((value) => [...now(value), TYPE]),
  [...now(new Date(NaN)), RANGE],
  [decide({ now: Date.UTC(2110, 0, 1) }), null, TIME],
  ...[1.5, NaN, -1, 2 ** 53 + 2, Infinity].map((value) => [...items(value), RANGE]),
  ...['1', 1n, null, undefined, {}].map((value) => [...items(value), TYPE]),
  [(engine) => engine.decide('batch', acme, { quantities: { items: 2 ** 48 } }), null, INVALID],
  [(engine) => engine.decide('batch', acme, { quantities: { items: 1, more: 1 } }), 'quantities.more', VALUE],
  [(engine) => engine.decide('batch', acme, { quantities: [1] }), 'quantities', TYPE],
  [(engine) => engine.decide('batch', acme), null, INVALID],
  ...['peek', 'receipt', 'force', 'details'].map((name) => [decide({ [name]: 1 }), name, TYPE]),
  [decide({ recipt: true }), 'recipt', VALUE],
  [decide(7), 'options', TYPE],
  [decide({ idempotencyKey: 7 }), 'idempotencyKey', TYPE],
  [decide({ idempotencyKey: '' }), 'idempotencyKey', RANGE],
  [decide({ idempotencyKey: 'x'.repeat(256) }), null, INVALID],
  [(engine) => engine.decide('sned', message()), null, NOT_FOUND],
  [(engine) => engine.decide(7, message()), 'operation', TYPE],
  [(engine) => engine.explain('send', { ...message(), line: 1 }), 'values.line', TYPE],
];

const OF_BATCHES = [
  [(engine) => engine.decideMany('send', 'acme'), 'requests', TYPE],
  [(engine) => engine.decideMany('send', [['acme', '+1']]), 'requests[0]', RANGE],
  [(engine) => engine.decideMany('send', [['acme', '+1', 7]]), 'requests[0].recipient', TYPE],
  [(engine) => engine.decideMany('send', [['acme', '\ud800', '+2']]), 'requests[0].line', RANGE],
  [(engine) => engine.decideMany('batch', ['acme'], { quantities: [{ items: 0.5 }] }), 'quantities[0].items', RANGE],
  [(engine) => engine.decideMany('batch', ['acme'], { quantities: [{ items: '1' }] }), 'quantities[0].items', TYPE],
  [(engine) => engine.decideMany('batch', ['acme'], { quantities: [] }), 'quantities', RANGE],
  [(engine) => engine.decideMany('call', ['acme', 'b'], { out: new Decisions(1) }), 'out', RANGE],
  [(engine) => engine.decideMany('call', ['acme'], { out: {} }), 'out', TYPE],
  ...[
    [{ keys: 'acme', offsets: Uint32Array.of(0, 4) }, 'keys', TYPE],
    [{ keys: Buffer.from('acme'), offsets: [0, 4] }, 'offsets', TYPE],
    [{ keys: Buffer.from('acme'), offsets: Uint32Array.of(0, 5) }, 'offsets[1]', RANGE],
    [{ keys: Buffer.from('acme'), offsets: Uint32Array.of(0, 4, 2) }, 'offsets[2]', RANGE],
    [{ keys: Buffer.from('acme'), offsets: Uint32Array.of(0, 4), repeats: Uint32Array.of(1) }, 'repeats', VALUE],
    [{ keys: Buffer.from('acme'), offsets: Uint32Array.of(0, 4), quantities: Float64Array.of(1) }, 'quantities', RANGE],
  ].map(([packed, field, code]) => [(engine) => engine.decideMany('call', packed), field, code]),
  [
    (engine) =>
      engine.decideMany('send', { keys: Buffer.alloc(9), offsets: Uint32Array.of(0, 1, 2, 3), repeats: Uint32Array.of(0) }),
    'repeats[0]',
    RANGE,
  ],
  [
    (engine) =>
      engine.decideMany('send', { keys: Buffer.alloc(9), offsets: Uint32Array.of(0, 1, 2, 3), repeats: Uint32Array.of(5) }),
    'offsets',
    RANGE,
  ],
  [
    (engine) =>
      engine.decideMany('batch', { keys: Buffer.from('a'), offsets: Uint32Array.of(0, 1), quantities: Float64Array.of(NaN) }),
    'quantities[0]',
    RANGE,
  ],
];

const OF_SUBJECTS = [
  [(engine) => engine.usage(), 'subject', TYPE],
  [(engine) => engine.usage({}), 'subject', TYPE],
  [(engine) => engine.usage('acme'), 'subject', TYPE],
  [(engine) => engine.usage({ acount: 'acme' }), null, NOT_FOUND],
  [(engine) => engine.usage({ account: 7 }), 'subject.account', TYPE],
  [(engine) => engine.reset({ recipient: '', line: '+1' }), 'subject.recipient', RANGE],
  [(engine) => engine.erase({ account: 'a', line: 'b' }), 'subject', VALUE],
  [(engine) => engine.setPlan(acme, 'platinum'), null, NOT_FOUND],
  [(engine) => engine.setPlan(acme, 7), 'plan', TYPE],
  [(engine) => engine.setAmount(acme, 'dya', 1), null, NOT_FOUND],
  [(engine) => engine.setAmount(acme, 'day', NaN), 'amount', RANGE],
  [(engine) => engine.setAmount(acme, 'day', 1.5), 'amount', RANGE],
  [(engine) => engine.setAmount(acme, 'day', { amount: Infinity }), 'amount.amount', RANGE],
  [(engine) => engine.setAmount(acme, 'day', 5n), 'amount', TYPE],
  [(engine) => engine.setAmount(acme, 'day', undefined), 'amount', TYPE],
  [(engine) => engine.setAmount(acme, 'day', 'lots'), null, INVALID],
  [(engine) => engine.setUsage(acme, 'day', -1), 'used', RANGE],
  [(engine) => engine.setUsage(acme, 'day', '1'), 'used', TYPE],
  [(engine) => engine.setBilling(acme, { day: 1.5 }), 'day', RANGE],
  [(engine) => engine.setBilling(acme, {}), 'day', TYPE],
  [(engine) => engine.setBilling(acme, { day: 32 }), null, INVALID],
  [(engine) => engine.setBilling(acme, { day: 1, timeOfDay: '25:00' }), 'timeOfDay', RANGE],
  [(engine) => engine.setBilling(acme, { day: 1, zone: 'Mars/Phobos' }), null, NOT_FOUND],
  ...[-1, 1.5, NaN, 2 ** 53, -1n, 2n ** 63n].map((value) => [...span(value), RANGE]),
  ...[undefined, '1s', null].map((value) => [...span(value), TYPE]),
  [(engine) => engine.reportQuality(acme, 7), 'quality', TYPE],
  [(engine) => [...engine.listSubjects('nobody')], null, NOT_FOUND],
  [(engine) => [...engine.listSubjects(7)], 'scope', TYPE],
  [(engine) => engine.sweep({ maxRecords: -1 }), 'maxRecords', RANGE],
  [(engine) => engine.limitName(999), null, NOT_FOUND],
  [(engine) => engine.setClock(), 'now', TYPE],
  [(engine) => engine.setClock(-1), 'now', TIME],
  [(engine) => engine.reload('{'), null, 'SLUICE_E_POLICY'],
  [(engine) => engine.reload(HELLO, { allowReset: 1 }), 'allowReset', TYPE],
];

const OF_QUEUES = [
  [(engine) => engine.enqueue('send', message(), { payload: 7 }), 'payload', TYPE],
  [(engine) => engine.enqueue('send', message(), { messageClass: 'urgnt' }), 'messageClass', VALUE],
  [(engine) => engine.enqueue('send', message(), { sendAt: NaN }), 'sendAt', RANGE],
  [(engine) => engine.enqueue('send', message(), { sendAt: -1 }), 'sendAt', TIME],
  [(engine) => engine.enqueue('send', message(), { expiresAt: '1' }), 'expiresAt', TYPE],
  [(engine) => engine.enqueue('send', message(), { campaign: 'spring' }), 'campaign', TYPE],
  [(engine) => engine.enqueue('send', message(), { campaign: 12345 }), null, NOT_FOUND],
  [(engine) => engine.enqueue('send', message(), { zone: 7 }), 'zone', TYPE],
  [(engine) => engine.enqueue('send', message(), { zone: 'Mars/Phobos' }), null, INVALID],
  [(engine) => engine.enqueue('send', message(), { receipt: true }), 'receipt', VALUE],
  [(engine) => engine.enqueue('send', { ...message(), line: undefined }), 'values.line', TYPE],
  [(engine) => engine.enqueue('send', message(), { payload: Buffer.alloc(1 << 20) }), null, INVALID],
  [(engine) => engine.enqueueMany('send', {}), 'messages', TYPE],
  [(engine) => engine.enqueueMany('send', [{ values: message() }, 7]), 'messages[1].message', TYPE],
  [(engine) => engine.enqueueMany('send', [{ values: message() }, { values: message(7) }]), 'messages[1].values.recipient', TYPE],
  [(engine) => engine.enqueueMany('send', [{ values: message(), sendAt: 0.5 }]), 'messages[0].sendAt', RANGE],
  [(engine) => engine.enqueueMany('send', [{ values: message(), now: NOW }]), 'messages[0].now', VALUE],
  [(engine) => engine.lease({ most: 65537 }), 'most', RANGE],
  [(engine) => engine.lease({ most: '1' }), 'most', TYPE],
  [(engine) => engine.lease({ ttl: 1.5 }), 'ttl', RANGE],
  [(engine) => engine.lease({ ttl: 86_400_001 }), null, INVALID],
  [(engine) => engine.lease({ lines: '+1' }), 'lines', TYPE],
  [(engine) => engine.lease({ lines: ['+1', 7] }), 'lines[1]', TYPE],
  [(engine) => engine.lease({ by: {} }), 'by', VALUE],
  [(engine) => engine.lease({ pool: 'none' }), null, NOT_FOUND],
  [(engine) => engine.lease({ lines: Array(4097).fill('+1') }), null, 'SLUICE_E_TOO_MANY'],
  [(engine) => engine.due({ signal: {} }), 'signal', TYPE],
  [(engine) => engine.due({ ref: 1 }), 'ref', TYPE],
  [(engine) => engine.due({ interval: 5 }), 'interval', VALUE],
  [(engine) => engine.settle({}), 'leases', TYPE],
  [(engine) => engine.settle([7]), 'leases[0]', VALUE],
  [(engine) => engine.settle([[{ message: 1, fence: 1 }, 'sent?']]), 'outcome', VALUE],
  [(engine) => engine.settle([{ message: 1.5, fence: 1 }]), 'message', RANGE],
  [(engine) => engine.settle([[{ message: 1, fence: 1 }, 'retry', '1s']]), 'retryAfter', TYPE],
  [(engine) => engine.cancel('1'), 'message', TYPE],
  [(engine) => engine.cancel(null), 'message', TYPE],
  [(engine) => engine.cancel(2 ** 53), 'message', RANGE],
  [(engine) => engine.cancel(12345), null, NOT_FOUND],
  [(engine) => engine.status(12345), null, NOT_FOUND],
  [(engine) => engine.explainMessage(1n), 'message', TYPE],
  [(engine) => engine.setLine('shared', '+1'), null, NOT_FOUND],
  [(engine) => engine.campaign('spring', { line: '+1' }), null, INVALID],
  [(engine) => engine.campaign('spring', {}), 'subject', TYPE],
  [(engine) => engine.campaign(7, acme), 'name', TYPE],
  [(engine) => engine.campaign('spring', acme, { share: '101%' }), 'share', RANGE],
  [(engine) => engine.campaign('spring', acme, { share: true }), 'share', TYPE],
  [(engine) => engine.campaign('spring', acme, { pauseWindow: 0 }), 'pauseWindow', RANGE],
  [(engine) => engine.campaign('spring', acme, { rate: '' }), 'rate', RANGE],
  [(engine) => engine.campaign('spring', acme, { rate: 'fast' }), null, INVALID],
  [(engine) => engine.campaign('spring', acme, { duration: -1 }), 'duration', RANGE],
  [(engine) => engine.campaign('spring', acme, { catchesUp: 1 }), 'catchesUp', TYPE],
  [(engine) => engine.planCampaign('send', 0, acme), 'recipients', RANGE],
  [(engine) => engine.planCampaign('send', 1.5, acme), 'recipients', RANGE],
  [(engine) => engine.planCampaign('send', ['+1'], { acount: 'acme' }), 'values.acount', VALUE],
];

const OF_NO_ENGINE = [
  [() => new Engine(), 'options', TYPE],
  [() => new Engine({}), 'policy', TYPE],
  [() => new Engine({ policy: 7 }), 'policy', TYPE],
  [() => new Engine({ policy: HELLO, clok: 'manual' }), 'clok', VALUE],
  [() => new Engine({ policy: HELLO, clock: 'sundial' }), 'clock', VALUE],
  [() => new Engine({ policy: HELLO, now: 5 }), null, INVALID],
  [() => new Engine({ policy: HELLO, clock: 'manual', now: 1.5 }), 'now', RANGE],
  [() => new Engine({ policy: HELLO, memoryCap: '1' }), 'memoryCap', TYPE],
  [() => new Engine({ policy: HELLO, memoryCap: 1 }), null, INVALID],
  [() => new Engine({ policy: HELLO, receiptTtl: -1 }), 'receiptTtl', RANGE],
  [() => new Engine({ policy: HELLO, shards: 3 }), null, INVALID],
  [() => new Engine({ policy: HELLO, eventCapacity: 2 ** 32 }), 'eventCapacity', RANGE],
  [() => new Engine({ policy: HELLO, stance: 7 }), 'stance', TYPE],
  [() => new Engine({ policy: HELLO, stance: 'brave' }), null, 'SLUICE_E_POLICY'],
  [() => new Engine({ policy: '\ud800' }), null, 'SLUICE_E_POLICY'],
  [() => new Engine({ policy: HELLO.replace('hello', 'hel\udc00lo') }), null, 'SLUICE_E_POLICY'],
  [() => new Engine({ policy: 'linq.jsonc' }), null, 'SLUICE_E_POLICY'],
  [() => new Policy(HELLO, { zoneinfoDir: 7 }), 'zoneinfoDir', TYPE],
  [() => Engine.attach(), 'id', TYPE],
  [() => Engine.attach('1'), 'id', TYPE],
  [() => Engine.attach(1.5), 'id', RANGE],
  [() => Engine.attach(12345), null, 'SLUICE_E_HANDLE'],
  [() => new Decisions(-1), 'length', RANGE],
  [() => new Decisions(1).at(1), 'i', RANGE],
  [() => planLines(), 'question', TYPE],
  [() => planLines({ policy: QUEUE, rate: '4/s' }), 'wait', TYPE],
  [() => planLines({ policy: QUEUE, rate: 4, wait: 1000 }), 'rate', TYPE],
  [() => planLines({ policy: QUEUE, rate: '4/s', wait: 1000, percentile: NaN }), 'percentile', RANGE],
  [() => planLines({ policy: QUEUE, rate: '4/s', wait: 1000, seed: 1n }), 'seed', TYPE],
  [() => planLines({ policy: QUEUE, rate: '4/s', wait: 1000, recipients: 0 }), 'recipients', RANGE],
  [() => planLines({ policy: QUEUE, rate: '4/s', wait: 1000, plans: { account: 7 } }), 'plans.account', TYPE],
  [() => planLines({ policy: QUEUE, rate: 'fast', wait: 1000 }), null, INVALID],
  [() => planCampaign({ policy: QUEUE, recipients: '9' }), 'recipients', TYPE],
  [() => planCampaign({ policy: QUEUE, recipients: 9, share: 101 }), 'share', RANGE],
];

function check(error, field, code, call) {
  const said = `${call}: ${error.name}: ${error.message}`;
  assert.equal(error.code, code, said);
  assert.ok(error instanceof (code.startsWith('SLUICE') ? SluiceError : code === RANGE ? RangeError : TypeError), said);
  assert.ok(error.message.length > 10, said);
  if (field === null) return;
  assert.equal(error.field, field, said);
  assert.ok(error.message.startsWith(`${field} `), said);
}

function checkAll(cases, policy) {
  for (const [call, field, code] of cases) {
    const engine = open(policy);
    engine.decide(policy === HELLO ? 'call' : 'send', policy === HELLO ? acme : message());
    if (policy === QUEUE) engine.enqueue('send', message('+9'), { sendAt: NOW + 5000 });
    const before = policy === HELLO ? stateOf(engine) : JSON.stringify(engine.counters());
    check(thrown(call, engine), field, code, call);
    const after = policy === HELLO ? stateOf(engine) : JSON.stringify(engine.counters());
    assert.equal(after, before, `${call} has changed something`);
    engine.close();
  }
}

test('what is wrong with a decision is named, and nothing is charged', () => checkAll(OF_DECISIONS, HELLO));
test('what is wrong with a batch is named, and nothing is charged', () => checkAll(OF_BATCHES, HELLO));
test('what is wrong with a subject is named, and nothing is changed', () => checkAll(OF_SUBJECTS, HELLO));
test('what is wrong with a message is named, and nothing is held', () => checkAll(OF_QUEUES, QUEUE));
test('what is wrong with an engine, a policy or a plan is named', () => {
  for (const [call, field, code] of OF_NO_ENGINE) check(thrown(call), field, code, call);
});

test('the check would see a change', () => {
  const engine = open(HELLO);
  const before = stateOf(engine);
  engine.decide('call', acme);
  assert.notEqual(stateOf(engine), before);
  engine.close();
});

test('keys of 1 to 1024 bytes are keys, whatever they say', () => {
  const engine = open(HELLO);
  for (const key of [
    'x',
    'x'.repeat(1024),
    'é'.repeat(512),
    '\0',
    'a\0b',
    '__proto__',
    '\ufffd',
    new Uint8Array(1024),
    Buffer.from([0xff]),
  ]) {
    const twice = [1, 2, 3].map(() => engine.tryAcquire('send', { account: 'acme', line: key, recipient: '+2' }));
    assert.deepEqual(twice, [0, 0, 60_000]);
  }
  engine.close();
});

test('every call of a closed engine says that it is closed', () => {
  const engine = open(QUEUE);
  const send = engine.operation('send');
  const held = engine.enqueue('send', message());
  const [lease] = engine.lease();
  const campaign = engine.campaign('spring', acme);
  engine.close();
  engine.close();
  assert.equal(engine.closed, true);
  const calls = [
    () => engine.id,
    () => engine.clock(),
    () => engine.setClock(NOW),
    () => engine.reload(QUEUE),
    () => engine.operation('other'),
    () => engine.decide('send', message()),
    () => engine.decideMany('send', [['acme', '+1', '+2']]),
    () => send.tryAcquire('acme', '+1', '+2'),
    () => send.values,
    () => engine.explain('send', message()),
    () => engine.setPlan({ line: '+1' }, 'pro'),
    () => engine.usage({ line: '+1' }),
    () => engine.erase(acme),
    () => [...engine.listSubjects('line')],
    () => engine.events(),
    () => engine.counters(),
    () => engine.sweep(),
    () => engine.enqueue('send', message()),
    () => engine.enqueueMany('send', [{ values: message() }]),
    () => engine.lease(),
    () => engine.settle([]),
    () => engine.cancel(held),
    () => engine.status(held),
    () => engine.explainMessage(held),
    () => engine.nextDue(),
    () => engine.lines('shared'),
    () => lease.ack(),
    () => campaign.pause(),
    () => campaign.status(),
    () => engine.planCampaign('send', 1, acme),
  ];
  for (const call of calls) {
    const error = thrown(call);
    assert.deepEqual(
      [error.name, error.code, error.message],
      ['ClosedError', 'SLUICE_E_HANDLE', 'the engine is closed'],
      `${call}`,
    );
  }
});

test('a getter that throws, or shrinks what was given, does no harm', () => {
  const engine = open(HELLO);
  const mine = new Error('mine');
  const throwing = {
    account: 'acme',
    line: '+1',
    get recipient() {
      throw mine;
    },
  };
  assert.equal(
    thrown(() => engine.decide('send', throwing)),
    mine,
  );
  const list = ['+1', '+2', '+3'];
  Object.defineProperty(list, 1, { get: () => ((list.length = 1), '+2') });
  assert.equal(thrown(() => engine.decide('send', message(list))).field, 'values.recipient[2]');
  engine.close();
});
