// SPDX-License-Identifier: Apache-2.0
// Leases as they come due: asleep in between, woken by what is due sooner, and ended cleanly.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

import { Engine } from '../../bindings/node/index.mjs';
import { MS, NOW, QUEUE, ROOT, message, open } from './support.mjs';

const turn = () => new Promise((resolve) => setImmediate(resolve));

// Turns of the event loop until a condition holds; a ring of the addon takes some.
async function eventually(holds) {
  for (let i = 0; i < 10_000; ++i) {
    if (holds()) return;
    await turn();
  }
  assert.fail('it never came');
}

// Iterates in the background; `left` is what it was handed, `ended` resolves with its error or undefined.
function collect(due, work = (lease) => lease.ack()) {
  const left = [];
  const ended = (async () => {
    try {
      for await (const lease of due) {
        left.push(lease.payload.toString());
        await work(lease);
      }
    } catch (error) {
      return error;
    }
    return undefined;
  })();
  return { left, ended };
}

const put = (engine, text, line = '+1', options = {}) =>
  engine.enqueue('send', message('+2', line), { payload: text, ...options });

test('what is due is handed out, and the clock wakes for what comes later', async () => {
  const engine = open(QUEUE);
  put(engine, 'one');
  put(engine, 'two');
  const { left, ended } = collect(engine.due());
  await eventually(() => left.length === 1);
  engine.setClock(NOW + 999);
  for (let i = 0; i < 50; ++i) await turn();
  assert.deepEqual(left, ['one']);
  engine.setClock(NOW + 1000);
  await eventually(() => left.length === 2);
  engine.close();
  assert.equal(await ended, undefined);
});

test('an enqueue that is due sooner wakes who sleeps', async () => {
  const engine = open(QUEUE);
  put(engine, 'late', '+1', { sendAt: NOW + 60_000 });
  const { left, ended } = collect(engine.due());
  for (let i = 0; i < 10; ++i) await turn();
  put(engine, 'soon', '+2');
  await eventually(() => left.includes('soon'));
  engine.close();
  assert.equal(await ended, undefined);
});

test('whatever opens a limit wakes who waits for it', async () => {
  const engine = open(QUEUE);
  put(engine, 'one');
  const [lease] = engine.lease();
  const { left, ended } = collect(engine.due());
  for (let i = 0; i < 10; ++i) await turn();
  lease.nack('not_attempted');
  await eventually(() => left.length === 1);
  put(engine, 'two');
  engine.setAmount({ line: '+1' }, 'rate', '1000000/s');
  engine.setClock(NOW + 1);
  await eventually(() => left.length === 2);
  engine.close();
  assert.equal(await ended, undefined);
});

test('closing the engine ends all who wait', async () => {
  const engine = open(QUEUE);
  const waiting = [1, 2, 3].map(() => collect(engine.due()));
  await turn();
  engine.close();
  assert.deepEqual(await Promise.all(waiting.map(({ ended }) => ended)), [undefined, undefined, undefined]);
});

test('an AbortSignal ends it with its reason, and what was not handed out goes back', async () => {
  const engine = open(QUEUE);
  for (const line of ['+1', '+2', '+3']) put(engine, line, line);
  const stop = new AbortController();
  const { left, ended } = collect(engine.due({ most: 3, signal: stop.signal }), (lease) => {
    lease.ack();
    stop.abort();
  });
  assert.equal((await ended).name, 'AbortError');
  assert.equal(left.length, 1);
  assert.equal(engine.lease().length, 2, 'the others went back');
  const waiting = collect(engine.due({ signal: AbortSignal.abort(new Error('mine')) }));
  assert.equal((await waiting.ended).message, 'mine');
  const late = new AbortController();
  const asleep = collect(engine.due({ signal: late.signal }));
  await turn();
  late.abort();
  assert.equal((await asleep.ended).name, 'AbortError');
  engine.close();
});

test('break gives back what was not handed out', async () => {
  const engine = open(QUEUE);
  for (const line of ['+1', '+2', '+3']) put(engine, line, line);
  for await (const lease of engine.due({ most: 3 })) {
    lease.ack();
    break;
  }
  assert.equal(engine.lease().length, 2);
  engine.close();
});

test('a Due that was stopped gives nothing more', async () => {
  const engine = open(QUEUE);
  const due = engine.due();
  const { left, ended } = collect(due);
  await turn();
  due.stop();
  assert.equal(await ended, undefined);
  put(engine, 'one');
  assert.deepEqual([left, (await collect(due).ended) ?? null], [[], null]);
  engine.close();
});

test('leaving while next() waits ends both', async () => {
  const engine = open(QUEUE);
  const iterator = engine.due()[Symbol.asyncIterator]();
  const next = iterator.next();
  await turn();
  assert.deepEqual(await iterator.return('bye'), { value: 'bye', done: true });
  assert.deepEqual(await next, { value: undefined, done: true });
  engine.close();
});

test('many share what is due, and none is lost or twice', async () => {
  const engine = open(QUEUE);
  const everyone = [1, 2, 3, 4].map(() =>
    collect(engine.due({ most: 2 }), async (lease) => {
      await turn();
      lease.ack();
    }),
  );
  const sent = Array.from({ length: 200 }, (_, i) => `${i}`);
  sent.forEach((text, i) => put(engine, text, `+${i}`));
  await eventually(() => everyone.reduce((sum, { left }) => sum + left.length, 0) >= 200);
  assert.deepEqual(everyone.flatMap(({ left }) => left).sort(), sent.sort());
  engine.close();
  await Promise.all(everyone.map(({ ended }) => ended));
});

test('leases that ended while others were at work are not handed out', async () => {
  const engine = open(QUEUE);
  for (const line of ['+1', '+2']) put(engine, line, line);
  const { left, ended } = collect(engine.due({ most: 2, ttl: 1000 }), (lease) => {
    lease.ack();
    if (left.length === 1) engine.setClock(NOW + 1000);
  });
  await eventually(() => left.length === 2);
  assert.equal(engine.counters().leased, 3, 'the second was leased anew');
  engine.close();
  await ended;
});

test('on the system clock it sleeps until the due instant, and no longer than it must', async () => {
  const engine = new Engine({ policy: QUEUE });
  const started = engine.clockNs();
  engine.enqueue('send', message(), { sendAt: started + 30n * MS });
  for await (const lease of engine.due({ ref: true })) {
    const late = engine.clockNs() - lease.dueNs;
    assert.ok(late >= 0n && late < 2_000n * MS, `${late} ns late`);
    lease.ack();
    break;
  }
  assert.ok(engine.clockNs() - started >= 30n * MS);
  engine.close();
});

// Counts the timers that are set and the leases that are asked for, in a process of its own.
const WAITING = `
import { Engine } from './bindings/node/index.mjs';
const waits = [];
const real = globalThis.setTimeout;
globalThis.setTimeout = (call, ms) => (waits.push(ms), real(call, ms));
const engine = new Engine({ policy: process.env.POLICY });
if (process.env.DAYS) engine.enqueue('send', ['acme', '+1', '+2'], { sendAt: Date.now() + Number(process.env.DAYS) * 86400000 });
const iterator = engine.due()[Symbol.asyncIterator]();
iterator.next();
setImmediate(() => {
  for (let i = 0; i < Number(process.env.MORE ?? 0); ++i) {
    engine.enqueue('send', ['acme', '+' + i, '+2'], { sendAt: Date.now() + 86400000 * 100 - 60000 * i });
  }
});
process.on('exit', () => console.log(JSON.stringify(waits)));
real(() => {}, 50);
`;

function waitsOf(env) {
  const options = { cwd: ROOT, env: { ...process.env, POLICY: QUEUE, ...env }, encoding: 'utf8' };
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', WAITING], options));
}

test('a wait beyond 24.8 days is no timer that fires at once, and no timer keeps the process', () => {
  assert.deepEqual(waitsOf({ DAYS: '300' }), [2 ** 31 - 1]);
});

test('much that comes due sooner in one turn wakes once or twice, and not each time', () => {
  const waits = waitsOf({ DAYS: '300', MORE: '1000' });
  assert.ok(waits.length >= 2 && waits.length <= 4, `${waits.length} times`);
});

test('who waits for nothing sets no timer, and does not keep the process', () => {
  assert.deepEqual(waitsOf({}), []);
});

test('with ref it keeps the process until it ends', () => {
  const program = `
    import { Engine } from './bindings/node/index.mjs';
    const engine = new Engine({ policy: process.env.POLICY });
    setTimeout(() => engine.close(), 50).unref();
    for await (const lease of engine.due({ ref: true })) lease.ack();
    console.log('ended');`;
  const options = { cwd: ROOT, env: { ...process.env, POLICY: QUEUE }, encoding: 'utf8' };
  assert.equal(execFileSync(process.execPath, ['--input-type=module', '-e', program], options), 'ended\n');
});
