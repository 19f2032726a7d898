// SPDX-License-Identifier: Apache-2.0
// Memory stays flat over many decisions and many engines: `npm run test:long` has the long form. Run with --expose-gc.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Engine } from '../../bindings/node/index.mjs';
import { HELLO, NOW, QUEUE, message, open } from './support.mjs';

const LONG = process.env.SLUICE_LONG === '1';
const DECISIONS = LONG ? 1e7 : 1e5;
const ENGINES = LONG ? 1e4 : 1e3;
const MIB = 2 ** 20;

const turn = () => new Promise((resolve) => setImmediate(resolve));

async function settled() {
  for (let i = 0; i < 4; ++i) {
    globalThis.gc();
    await turn();
  }
  return process.memoryUsage();
}

// How much more there is after doing something often than after doing it a little: what warms up is not counted.
async function growth(times, work) {
  for (let i = 0; i < times / 10; ++i) await work(i);
  const before = await settled();
  const started = process.hrtime.bigint();
  for (let i = 0; i < times; ++i) await work(i);
  const took = Number(process.hrtime.bigint() - started) / 1e9;
  const after = await settled();
  return { rss: (after.rss - before.rss) / MIB, heap: (after.heapUsed - before.heapUsed) / MIB, took };
}

function told(context, what, { rss, heap, took }) {
  context.diagnostic(`${what}: ${took.toFixed(1)} s, resident ${rss.toFixed(1)} MiB, heap ${heap.toFixed(2)} MiB more`);
}

test('decisions of every form leave nothing behind', async (context) => {
  const engine = open(HELLO);
  const send = engine.operation('send');
  const more = await growth(DECISIONS / 100, async (i) => {
    for (let k = 0; k < 25; ++k) send.tryAcquire('acme', '+1', '+2');
    for (let k = 0; k < 25; ++k) send.decide(message(), { details: true, now: NOW + (i % 1000) });
    for (let k = 0; k < 25; ++k) assert.throws(() => send.tryAcquire('acme', 7, '+2'), TypeError);
    send.decideMany(Array(25).fill(['acme', '+1', ['+2', '+3']]));
  });
  told(context, `${DECISIONS} decisions`, more);
  assert.ok(more.rss < 16 && more.heap < 2, JSON.stringify(more));
  engine.close();
});

test('messages that come and go leave nothing behind', async (context) => {
  const engine = open(QUEUE);
  const more = await growth(DECISIONS / 100, async (i) => {
    engine.setClock(NOW + 2000 * i);
    engine.enqueue('send', message(), { payload: 'x'.repeat(100) });
    for (const lease of engine.lease()) lease.ack();
  });
  told(context, `${DECISIONS / 100} messages`, more);
  assert.ok(more.rss < 16 && more.heap < 2, JSON.stringify(more));
  engine.close();
});

test('engines that are made and closed leave nothing behind', async (context) => {
  const more = await growth(ENGINES, async (i) => {
    const engine = open(HELLO);
    engine.decide('send', message(), { receipt: true });
    const waiting = engine.due()[Symbol.asyncIterator]().next();
    engine.close();
    await waiting;
    if (i % 100 === 0) await turn();
  });
  told(context, `${ENGINES} engines`, more);
  assert.ok(more.rss < 24 && more.heap < 2, JSON.stringify(more));
});

test('engines that nobody closes go when they are collected', async (context) => {
  const ids = [];
  const more = await growth(ENGINES / 10, async (i) => {
    const engine = open(HELLO);
    engine.decide('send', message());
    const iterator = engine.due()[Symbol.asyncIterator]();
    const waiting = iterator.next();
    await turn();
    await iterator.return();
    await waiting;
    if (i === 0) ids.push(engine.id);
    if (i % 10 === 0) await settled();
  });
  told(context, `${ENGINES / 10} engines, not closed`, more);
  for (const id of ids) assert.throws(() => Engine.attach(id), { code: 'SLUICE_E_HANDLE' });
  assert.ok(ids.length === 2 && more.rss < 24, JSON.stringify(more));
});

test('the measure sees what stays', async () => {
  const kept = [];
  const more = await growth(200, async () => {
    const engine = open(HELLO);
    for (let i = 0; i < 50; ++i) engine.decide('send', message(`+${i}`));
    kept.push(engine, Buffer.alloc(200_000, 1));
  });
  assert.ok(more.rss > 24, JSON.stringify(more));
  for (const engine of kept) engine.close?.();
});
