// SPDX-License-Identifier: Apache-2.0
// Answers over HTTP: what they are told, what they say, and that nothing a stranger sends can end a header.
import assert from 'node:assert/strict';
import http from 'node:http';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { HttpAnswer, NotFoundError } from '../../bindings/node/index.mjs';
import { HELLO, NOW, ROOT, message, open, stateOf, thrown } from './support.mjs';

const LINQ = readFileSync(path.join(ROOT, 'policies/linq.jsonc'));
const ACME = { account: 'acme' };
const LIMITS = [
  { name: 'minute', scope: ['account'], kind: 'window', period: '60s', amount: 2 },
  { name: 'seats', scope: ['account'], kind: 'gauge', amount: 3 },
  { name: 'pace', scope: ['account'], kind: 'pace', amount: '10/s', depth: 5 },
];
const charges = LIMITS.map(({ name }) => ({ limit: name }));
const OPERATIONS = [
  { name: 'send', values: ['account'], charges },
  { name: 'burst', values: ['account'], quantities: ['n'], charges: [{ limit: 'pace', cost: 'n' }] },
  { name: 'sit', values: ['account'], charges: [{ limit: 'seats' }] },
];
const policy = (dialect) => JSON.stringify({ name: 't', tenant: 'account', limits: LIMITS, operations: OPERATIONS, dialect });

const headersOf = (answer) => Object.fromEntries(answer.headers);

// ---- what an answer says ----

test('a decision answers in the words of the policy', () => {
  const engine = open(LINQ);
  const send = engine.operation('messages.send');
  for (let i = 0; i < 30; ++i) assert.equal(send.decide(message()).http().status, 200);
  const answer = send.decide(message(), { now: NOW + 15_000 }).http({ given: { trace_id: 't-1' } });
  assert.ok(answer instanceof HttpAnswer);
  assert.equal(answer.status, 429);
  assert.equal(answer.header('retry-after'), '45');
  assert.equal(answer.header('Retry-Later'), null);
  assert.ok(Buffer.isBuffer(answer.body));
  const body = JSON.parse(answer.body);
  assert.deepEqual([body.error.retry_after, body.trace_id], [45, 't-1']);
  assert.deepEqual([answer.retry, answer.retryAfterMs, answer.retryAfterNs], [true, 45_000, 45_000_000_000n]);
  JSON.stringify(answer); // has no enumerable bigint
  engine.close();
});

test('a dialect that tells limits by name needs details', () => {
  const engine = open(policy({ headers: { 'X-Left': '{minute.remaining}' } }));
  assert.match(thrown(() => engine.decide('send', ACME).http()).message, /room for rows/);
  assert.deepEqual(engine.decide('send', ACME, { details: true }).http().headers, [['X-Left', '0']]);
  engine.close();
});

test('a replay has no rows and is answered by what it has', () => {
  const engine = open(policy({ headers: { A: '{minute.remaining}', B: '{pace.used}' } }));
  const asked = { details: true, idempotencyKey: 'k' };
  assert.deepEqual(engine.decide('send', ACME, asked).http().headers, [
    ['A', '1'],
    ['B', '1'],
  ]);
  const replay = engine.decide('send', ACME, asked);
  assert.equal(replay.replayed, true);
  assert.deepEqual(replay.http().headers, [['A', '1']]);
  engine.close();
});

test('when it opens is told at an instant, and left out where it is never or on release', () => {
  const engine = open(
    policy({ headers: { Pace: '{pace.opens_at as delta_ms}', Seats: '{seats.opens_at}', Opens: '{opens_at}' } }),
  );
  const told = (operation, quantities) => headersOf(engine.answer(operation, ACME, { quantities }));
  assert.equal(told('burst', { n: 5 }).Pace, '500', 'at an instant');
  assert.deepEqual(told('burst', { n: 6 }), { 'x-should-retry': 'false' }, 'never');
  for (let i = 0; i < 3; ++i) engine.decide('sit', ACME);
  assert.deepEqual(told('sit'), {}, 'on release');
  engine.close();
});

test('answers of a clock that begins at 0 tell its instants', () => {
  const engine = open(policy({ headers: { Resets: '{minute.resets_at}', Opens: '{minute.opens_at}' } }), { now: 0 });
  for (let i = 0; i < 2; ++i) engine.decide('send', ACME);
  assert.deepEqual(headersOf(engine.answer('send', ACME)), { Resets: '60', Opens: '60', 'Retry-After': '60' });
  engine.close();
});

test('a decision stays as it was decided, whatever comes after it', () => {
  const engine = open(policy({ headers: { Left: '{remaining}', Named: '{minute.remaining}' } }));
  const first = engine.decide('send', ACME, { details: true });
  engine.decide('send', ACME);
  engine.decide('send', ACME);
  assert.deepEqual(first.http().headers, [
    ['Left', '1'],
    ['Named', '1'],
  ]);
  engine.reload(policy({ headers: { Other: '{minute.used}' } }));
  assert.deepEqual(first.http().headers, [['Other', '1']], 'in the words of the policy of now');
  engine.close();
});

test('values and quantities are told by name, when they are given again', () => {
  const engine = open(policy({ headers: { Who: '{value.account}', Many: '{quantity.n}' } }));
  const quantities = { n: 2 };
  assert.deepEqual(headersOf(engine.answer('burst', ACME, { quantities })), { Who: 'acme', Many: '2' });
  const decision = engine.decide('burst', ['bob'], { quantities });
  assert.deepEqual(headersOf(decision.http({ values: ['bob'], quantities })), { Who: 'bob', Many: '2' });
  assert.deepEqual(headersOf(decision.http({ values: { account: undefined } })), {});
  assert.deepEqual(decision.http().headers, []);
  engine.close();
});

test('a list of recipients is no one value, and not told', () => {
  const told = { ...JSON.parse(HELLO), dialect: { headers: { To: '{value.recipient}', By: '{value.line}' } } };
  const engine = open(JSON.stringify(told));
  assert.deepEqual(headersOf(engine.answer('send', message('+2'))), { To: '+2', By: '+1' });
  assert.deepEqual(headersOf(engine.answer('send', message(['+3', '+4']))), { By: '+1' });
  assert.equal(engine.usage(ACME).day.used, 2);
  engine.close();
});

test('answer decides and answers failures too', () => {
  const body = { lost: true, id: '{given.id}' };
  const engine = open(policy({ given: ['id'], answers: { 'failed as not_found': { status: 404, body } } }));
  assert.equal(engine.answer('send', ACME).status, 200);
  assert.equal(engine.peek('send', ACME).used, 1);
  assert.equal(engine.answer('send', ACME, { peek: true }).status, 200);
  assert.equal(engine.peek('send', ACME).used, 1);
  const lost = engine.answer('sned', ACME, { given: { id: '7' } });
  assert.deepEqual([lost.status, String(lost.body)], [404, '{"lost":true,"id":"7"}']);
  for (const account of ['', 'x'.repeat(1025), 'a\ud800', new Uint8Array(0)])
    assert.equal(engine.answer('send', { account }).status, 400, 'a stranger sent it');
  assert.equal(engine.answer('burst', ACME, { quantities: { n: -1 } }).status, 400);
  engine.close();
  assert.equal(thrown(() => engine.answer('send', ACME)).name, 'ClosedError');
});

test('a failure that was caught is answered', () => {
  const engine = open(policy());
  assert.equal(engine.answerFailure(thrown(() => engine.decide('sned', ACME))).status, 404);
  assert.equal(engine.answerFailure(thrown(() => engine.decide('send', { account: '' }))).status, 400);
  const problem = engine.answerFailure(new NotFoundError('lost'), { dialects: ['problem'] });
  assert.equal(problem.header('content-type'), 'application/problem+json');
  assert.equal(JSON.parse(problem.body).status, 404);
  engine.close();
});

test('what was used is answered as usage tells it, or as the dialect does', () => {
  const plain = open(policy());
  plain.decide('send', ACME);
  const answer = plain.answerUsage(ACME);
  assert.equal(answer.status, 200);
  assert.deepEqual(JSON.parse(answer.body), plain.usage(ACME));
  const body = { used: '{minute.used}', for: '{given.who}' };
  const worded = open(policy({ given: ['who'], answers: { usage: { status: 203, body } } }));
  worded.decide('send', ACME);
  const said = worded.answerUsage(ACME, { given: { who: 'me' }, now: NOW });
  assert.deepEqual([said.status, String(said.body)], [203, '{"used":1,"for":"me"}']);
  plain.close();
  worded.close();
});

test('a held message is answered as queued, of many too', () => {
  const queued = { status: 202, body: { id: '{message}', depth: '{depth}', state: '{outcome}' } };
  const text = {
    name: 'q',
    tenant: 'account',
    line: 'line',
    limits: [{ name: 'pace', scope: ['line'], kind: 'pace', amount: '1/s', mode: 'queue' }],
    operations: [{ name: 'send', values: ['account', 'line'], charges: [{ limit: 'pace' }] }],
    dialect: { answers: { queued } },
  };
  const engine = open(JSON.stringify(text));
  const values = { account: 'acme', line: '+1' };
  const [first, second, failed] = [
    engine.enqueue('send', values),
    ...engine.enqueueMany('send', [{ values }, { values, campaign: 99 }]),
  ];
  assert.deepEqual(JSON.parse(first.http().body), { id: first.message, depth: 1, state: 'queued' });
  assert.equal(second.http().status, 202);
  assert.deepEqual(JSON.parse(second.http().body), { id: second.message, depth: 2, state: 'queued' });
  assert.equal(second.decision.http().status, 200, 'its decision alone');
  assert.equal(
    thrown(() => failed.http()),
    failed.error,
  );
  assert.equal(engine.decide('send', values).http().status, 429);
  engine.close();
});

// ---- what a server sends ----

// Answers one request by what `answer` gives; tells what came over the wire.
async function overTheWire(answer) {
  const server = http.createServer((request, response) => {
    const { status, headers, body } = answer();
    response.writeHead(status, headers.flat()).end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await new Promise((resolve, reject) => {
      const { port } = server.address();
      http
        .get({ host: '127.0.0.1', port, agent: false }, async (response) => {
          const parts = [];
          for await (const part of response) parts.push(part);
          resolve({ status: response.statusCode, raw: response.rawHeaders, body: Buffer.concat(parts) });
        })
        .on('error', reject);
    });
  } finally {
    server.close();
  }
}

test('a server of Node sends it as it is: status, case and order of headers, body', async () => {
  const engine = open(LINQ);
  const asked = () => engine.answer('messages.send', message(), { dialects: ['policy', 'ratelimit', 'retry-ms'] });
  for (let i = 0; i < 30; ++i) asked();
  const answer = asked();
  assert.ok(answer.headers.length >= 4 && answer.body.length > 0, 'there is something to send');
  const sent = await overTheWire(() => answer);
  assert.equal(sent.status, 429);
  assert.deepEqual(sent.raw.slice(0, 2 * answer.headers.length), answer.headers.flat());
  assert.deepEqual(sent.body, answer.body);
  engine.close();
});

const isField = ([name, value]) => /^[\w-]+$/.test(name) && /^[\x20-\x7e]*$/.test(value);

test('nothing that a stranger sends ends a header', async () => {
  const headers = { Who: '{value.account}', Trace: '<{given.trace}>' };
  const engine = open(policy({ given: ['trace'], headers, answers: { allowed: { status: 200, text: 'for {value.account}' } } }));
  const evil = 'a\r\nSet-Cookie: x=1\r\n\r\n<script>\t\u00e9';
  const answer = engine.answer('send', { account: `${evil}\0` }, { given: { trace: evil } });
  assert.equal(answer.headers.length, 3);
  for (const header of answer.headers) assert.ok(isField(header), `${header}`);
  assert.ok(!isField(['Who', evil]), 'the check can fail');
  assert.equal(answer.header('Who'), 'a??Set-Cookie: x=1????<script>????');
  const sent = await overTheWire(() => answer);
  assert.deepEqual(sent.raw.slice(0, 6), answer.headers.flat());
  assert.ok(!sent.raw.some((name) => name.toLowerCase() === 'set-cookie'));
  assert.equal(engine.answer('send', { account: Buffer.from('\xff\r\n', 'latin1') }).header('Who'), '???');
  engine.close();
});

// ---- misuse ----

const TYPE = 'ERR_INVALID_ARG_TYPE';
const VALUE = 'ERR_INVALID_ARG_VALUE';
const RANGE = 'ERR_OUT_OF_RANGE';
const OF_TERMS = [
  ...[5, null, { x: 1 }, ['policy', 5], [null]].map((dialects) => [{ dialects }, 'dialects', TYPE]),
  ...['x-ratelimits', '', ['policy', 'x-ratelimits']].map((dialects) => [{ dialects }, 'dialects', VALUE]),
  [{ dialects: ['x-ratelimit', 'x-ratelimit-delta'] }, undefined, 'SLUICE_E_INVALID'],
  ...[5, 'a', null, ['a']].map((given) => [{ given }, 'given', TYPE]),
  ...[5, null, undefined, Buffer.from('x')].map((a) => [{ given: { a } }, 'given.a', TYPE]),
  [{ given: { a: 'x\ud800' } }, 'given.a', RANGE],
  [{ given: { a: 'x\0' } }, 'given.a', RANGE],
  [{ given: { 'a\0': 'x' } }, 'given', RANGE],
  [{ given: { '\ud800': 'x' } }, 'given', RANGE],
  [{ given: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`g${i}`, 'x'])) }, undefined, 'SLUICE_E_TOO_MANY'],
  [{ dialect: 'policy' }, 'dialect', VALUE],
  [7, 'options', TYPE],
];

test('what is wrong with the terms of an answer is named, and nothing is charged', () => {
  const engine = open();
  const decision = engine.decide('send', message());
  const calls = [
    (terms) => engine.answer('send', message(), terms),
    (terms) => decision.http(terms),
    (terms) => engine.answerFailure(new NotFoundError('lost'), terms),
  ];
  for (const call of calls) {
    for (const [terms, field, code] of OF_TERMS) {
      const before = stateOf(engine);
      const error = thrown(call, terms);
      assert.deepEqual([error.field, error.code], [field, code], `${call} ${JSON.stringify(terms)}: ${error.message}`);
      assert.equal(stateOf(engine), before);
    }
  }
  assert.match(thrown(calls[0], { dialects: 'x' }).message, /"x-ratelimit-delta", "ratelimit"/);
  engine.close();
});

test('what is wrong with a call is named, and nothing is charged', () => {
  const engine = open();
  const decision = engine.decide('send', message());
  const before = stateOf(engine);
  const cases = [
    [() => engine.answer('send'), 'values', TYPE],
    [() => engine.answer(7, message()), 'operation', TYPE],
    [() => engine.answer('send', { ...message(), lien: '+1' }), 'values.lien', VALUE],
    [() => engine.answer('send', { ...message(), line: 7 }), 'values.line', TYPE],
    [() => engine.answer('send', message(), { now: 1.5 }), 'now', RANGE],
    [() => engine.answer('send', message(), { details: true }), 'details', VALUE],
    [() => decision.http({ values: { lien: '+1' } }), 'values.lien', VALUE],
    [() => decision.http({ values: { line: 7 } }), 'values.line', TYPE],
    [() => decision.http({ values: { line: ['+1'] } }), 'values.line', TYPE],
    [() => decision.http({ values: { line: '' } }), 'values.line', RANGE],
    [() => decision.http({ values: Array(4).fill('x') }), 'values', RANGE],
    [() => decision.http({ quantities: { n: 1 } }), 'quantities.n', VALUE],
    [() => decision.http({ held: {} }), 'held', VALUE],
    [() => engine.answerFailure(), 'error', TYPE],
    [() => engine.answerFailure(new Error('mine')), 'error', TYPE],
    [() => engine.answerFailure(new RangeError('mine')), 'error', TYPE],
    [() => engine.answerFailure('SLUICE_E_INVALID'), 'error', TYPE],
    [() => engine.answerUsage(), 'subject', TYPE],
    [() => engine.answerUsage({ acount: 'a' }), undefined, 'SLUICE_E_NOT_FOUND'],
    [() => engine.answerUsage(ACME, { dialects: 'policy' }), 'dialects', VALUE],
    [() => engine.answerUsage(ACME, { given: { a: 5 } }), 'given.a', TYPE],
    [() => engine.answerUsage(ACME, { now: -1 }), 'now', 'SLUICE_E_TIME'],
    [() => decision.http().header(5), 'name', TYPE],
    [() => engine.metrics({ format: 'json' }), 'format', VALUE],
    [() => engine.metrics({ format: 5 }), 'format', TYPE],
    [() => engine.metrics('prometheus'), 'options', TYPE],
  ];
  for (const [call, field, code] of cases) {
    const error = thrown(call);
    assert.deepEqual([error.field, error.code], [field, code], `${call}: ${error.message}`);
  }
  assert.equal(stateOf(engine), before);
  engine.close();
  for (const call of [() => decision.http(), () => engine.answerFailure(new NotFoundError('x')), () => engine.answerUsage(ACME)])
    assert.equal(thrown(call).name, 'ClosedError');
});
