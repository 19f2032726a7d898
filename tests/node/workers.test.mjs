// SPDX-License-Identifier: Apache-2.0
// Threads of one process share an engine; what one of them does, or how it ends, takes nothing from the others.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';

import { Engine } from '../../bindings/node/index.mjs';
import { HELLO, NOW, QUEUE, ROOT, message, open } from './support.mjs';

const INDEX = `${ROOT}/bindings/node/index.cjs`;

// Runs a body with `Engine`, the engine attached by its id unless there is none, and the port; answers what it returns.
function worker(body, data) {
  const program = `
    const { parentPort, workerData } = require('node:worker_threads');
    const { Engine } = require(${JSON.stringify(INDEX)});
    (async () => {
      const engine = workerData.id === undefined ? undefined : Engine.attach(workerData.id);
      const answer = await (async () => { ${body} })();
      parentPort.postMessage({ answer });
    })().catch((error) => parentPort.postMessage({ code: error.code, error: String(error) }));`;
  return new Worker(program, { eval: true, workerData: data });
}

async function run(body, data) {
  const thread = worker(body, data);
  const [[told]] = await Promise.all([once(thread, 'message'), once(thread, 'exit')]);
  assert.equal(told.error, undefined);
  return told.answer;
}

test('threads decide on one engine, and no unit is given twice', async () => {
  const engine = open(HELLO);
  const allowed = await Promise.all(
    [1, 2, 3, 4].map(() =>
      run(
        `const send = engine.operation('send');
         let allowed = 0;
         for (let i = 0; i < 3000; ++i) if (send.tryAcquire('acme', 'line' + i, 'r') === 0) ++allowed;
         return allowed;`,
        { id: engine.id },
      ),
    ),
  );
  assert.equal(
    allowed.reduce((sum, each) => sum + each),
    100,
    'a hundred a day',
  );
  assert.equal(engine.usage({ account: 'acme' }).day.used, 100);
  engine.close();
});

test('an engine lives until its last holder closes it', async () => {
  const engine = open(HELLO);
  const { id } = engine;
  const second = Engine.attach(id);
  assert.equal(second.id, id);
  engine.close();
  assert.equal(engine.closed, true);
  assert.equal(second.decide('send', message()).used, 1);
  assert.equal(
    await run(`const used = engine.decide('send', ['acme', '+1', '+2']).used; engine.close(); return used;`, { id }),
    2,
  );
  assert.equal(second.decide('send', message()).allowed, false);
  second.close();
  assert.throws(() => Engine.attach(id), { code: 'SLUICE_E_HANDLE', message: /no engine with the id/ });
});

test('an engine of a thread that ends goes with it, unless another holds it', async () => {
  const made = `const own = new Engine({ policy: workerData.policy }); own.decide('send', ['a', 'b', 'c']);
    parentPort.postMessage(own.id); await new Promise((resolve) => parentPort.once('message', resolve)); globalThis.own = own;`;
  for (const held of [true, false]) {
    const thread = worker(made, { policy: HELLO });
    const [id] = await once(thread, 'message');
    const engine = held ? Engine.attach(id) : undefined;
    thread.postMessage('go');
    await once(thread, 'exit');
    if (held) {
      assert.equal(engine.counters().allowed, 1);
      engine.close();
    }
    assert.throws(() => Engine.attach(id), { code: 'SLUICE_E_HANDLE' });
  }
});

test('an enqueue of one thread wakes who waits in another', async () => {
  const engine = open(QUEUE);
  const thread = worker(
    `const left = [];
     parentPort.postMessage('waiting');
     for await (const lease of engine.due({ ref: true })) {
       left.push(lease.payload.toString());
       lease.ack();
       if (left.length === 3) break;
     }
     return left;`,
    { id: engine.id },
  );
  await once(thread, 'message');
  for (const line of ['+1', '+2', '+3']) {
    await new Promise((resolve) => setTimeout(resolve, 20)); // so that it sleeps: the order does not depend on it
    engine.enqueue('send', message('+9', line), { payload: line });
  }
  const [{ answer }] = await once(thread, 'message');
  assert.deepEqual(answer, ['+1', '+2', '+3']);
  engine.close();
});

test('what a thread makes due in its own engine wakes the main thread', async () => {
  const engine = open(QUEUE);
  const left = [];
  const done = (async () => {
    for await (const lease of engine.due({ ref: true })) {
      left.push(lease.values.line);
      lease.ack();
      if (left.length === 2) break;
    }
  })();
  await run(`for (const line of ['+1', '+2']) engine.enqueue('send', ['acme', line, '+9']);`, { id: engine.id });
  await done;
  assert.deepEqual(left, ['+1', '+2']);
  engine.close();
});

test('a reload of one thread reaches the operations of the others, while they decide', async () => {
  const engine = open(HELLO.replace('"amount": 100 }', '"amount": 1000000 }'));
  const orders = [
    ['account', 'line', 'recipient'],
    ['recipient', 'account', 'line'],
  ];
  const policies = orders.map((order) =>
    HELLO.replace('"amount": 100 }', '"amount": 1000000 }').replace('["account", "line", "recipient"]', JSON.stringify(order)),
  );
  const deciding = run(
    `const send = engine.operation('send');
     for (let i = 0; i < 20000; ++i) send.decide({ account: 'acme', line: 'line' + i, recipient: 'r' });
     return send.values;`,
    { id: engine.id },
  );
  let reloads = 0;
  let running = true;
  deciding.finally(() => (running = false));
  while (running) {
    engine.reload(policies[++reloads % 2], { allowReset: true });
    await new Promise((resolve) => setImmediate(resolve));
  }
  await deciding;
  assert.ok(reloads > 3);
  assert.deepEqual(
    [...engine.listSubjects('account')].map(({ values }) => values),
    [['acme']],
    'no value was taken for another',
  );
  engine.close();
});

test('terminated threads leave a running engine and a process that ends', async () => {
  const engine = open(QUEUE);
  for (let i = 0; i < 8; ++i) {
    const thread = worker(
      `const own = new Engine({ policy: workerData.policy });
       engine.due()[Symbol.asyncIterator]().next(); own.due()[Symbol.asyncIterator]().next();
       parentPort.postMessage('busy');
       if (workerData.spin) for (;;) engine.decide('send', ['a', 'b', 'c']);
       await new Promise(() => setInterval(() => {}, 1000));`,
      { id: engine.id, policy: QUEUE, spin: i % 2 === 0 },
    );
    await once(thread, 'message');
    await thread.terminate();
    engine.enqueue('send', message(`+${i}`), { sendAt: NOW + 1000 });
  }
  assert.equal(engine.counters().messages, 8);
  engine.close();
});

test('a process ends while its threads wait and engines are open', () => {
  const program = `
    const { Worker } = require('node:worker_threads');
    const { Engine } = require(${JSON.stringify(INDEX)});
    const engine = new Engine({ policy: process.env.POLICY });
    engine.due()[Symbol.asyncIterator]().next();
    const body = 'const { Engine } = require(' + JSON.stringify(${JSON.stringify(INDEX)}) + ');' +
      'const engine = Engine.attach(require("node:worker_threads").workerData);' +
      'engine.due()[Symbol.asyncIterator]().next(); setInterval(() => engine.decide("send", ["a", "b", "c"]), 0);' +
      'require("node:worker_threads").parentPort.postMessage(0);';
    const threads = [1, 2, 3].map(() => new Worker(body, { eval: true, workerData: engine.id }));
    Promise.all(threads.map((thread) => new Promise((resolve) => thread.once('message', resolve)))).then(() => {
      if (process.env.EXIT) process.exit(7);
      threads.forEach((thread) => thread.unref());
    });`;
  for (const exit of ['', '1']) {
    const options = { cwd: ROOT, env: { ...process.env, POLICY: QUEUE, EXIT: exit }, timeout: 20_000 };
    try {
      execFileSync(process.execPath, ['-e', program], options);
      assert.equal(exit, '');
    } catch (error) {
      assert.deepEqual([error.status, error.signal], [exit === '' ? 0 : 7, null]);
    }
  }
});
