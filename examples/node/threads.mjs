// SPDX-License-Identifier: Apache-2.0
// Four worker threads share one engine by its id: together they are allowed what one alone would be.
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';

import { Engine } from '../../bindings/node/index.mjs'; // installed: from 'sluice'

const policy = `{ "name": "shared", "tenant": "account",
  "limits": [ { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 1000 } ],
  "operations": [ { "name": "send", "values": ["account"], "charges": [ { "limit": "day" } ] } ] }`;

function work() {
  const engine = Engine.attach(workerData);
  const send = engine.operation('send');
  let allowed = 0;
  for (let i = 0; i < 500; ++i) if (send.tryAcquire('acme') === 0) ++allowed;
  parentPort.postMessage(allowed);
}

async function main() {
  const engine = new Engine({ policy, clock: 'manual', now: Date.UTC(2025, 0, 13) });
  const workers = [1, 2, 3, 4].map(() => new Worker(new URL(import.meta.url), { workerData: engine.id }));
  const allowed = await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))));
  const sum = allowed.reduce((total, each) => total + each, 0);
  console.log(`${sum} of 2000 allowed; the engine counts ${engine.usage({ account: 'acme' }).day.used}`);
  engine.close();
}

if (isMainThread) await main();
else work();
