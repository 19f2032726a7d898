// SPDX-License-Identifier: Apache-2.0
// Three senders share one line of a message a second: who comes when, and what a provider's 429 does to it.
//
// The clock is manual, so that nobody waits; with the system's clock the loop is the same, without setClock.
import { Engine, Throttled } from '../../bindings/node/index.mjs'; // installed: from 'sluice'

const policy = `{ "name": "texts", "tenant": "account", "line": "line",
  "limits": [ { "name": "pace", "scope": ["line"], "kind": "pace", "amount": "1/s", "mode": "queue" } ],
  "operations": [ { "name": "send", "values": ["account", "line", "recipient"], "charges": [ { "limit": "pace" } ] } ] }`;
const start = Date.UTC(2025, 0, 13);
const engine = new Engine({ policy, clock: 'manual', now: start });

for (const [account, texts] of Object.entries({ acme: ['a1', 'a2', 'a3'], bob: ['b1'], carol: ['c1'] })) {
  for (const payload of texts) {
    const { depth } = engine.enqueue('send', { account, line: '+1', recipient: '+2' }, { payload });
    console.log(`${payload}: ${depth} on the line`);
  }
}

let refusals = 1; // the provider refuses the third message once
async function provider(lease) {
  console.log(`${(engine.clock() - start) / 1000} s: ${lease.payload} for ${lease.values.account}`);
  if (String(lease.payload) === 'c1' && refusals-- > 0) throw new Throttled(3000);
}

async function work() {
  for await (const lease of engine.due()) await lease.run(provider);
  console.log('closed');
}

const working = work();
while (engine.nextDueNs() !== null) {
  const due = engine.nextDueNs();
  if (due > engine.clockNs()) engine.setClock(due);
  await new Promise((resolve) => setImmediate(resolve));
}
engine.close();
await working;
