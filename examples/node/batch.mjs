// SPDX-License-Identifier: Apache-2.0
// Decides a campaign's list at one instant, twice: which messages may go now, and how many wait. Nothing is allocated the second time.
import { Engine } from '../../bindings/node/index.mjs'; // installed: from 'sluice'

const policy = `{ "name": "campaign", "tenant": "account",
  "limits": [
    { "name": "pair", "scope": ["line", "recipient"], "kind": "window", "period": "60s from first", "amount": 2 },
    { "name": "line", "scope": ["line"], "kind": "pace", "amount": "80/s", "depth": "1s" } ],
  "operations": [ { "name": "send", "values": ["account", "line", "recipient"],
    "charges": [ { "limit": "pair" }, { "limit": "line" } ] } ] }`;
const engine = new Engine({ policy, clock: 'manual', now: Date.UTC(2025, 0, 13) });

const send = engine.operation('send');
const list = Array.from({ length: 300 }, (_, i) => ['acme', `+1555000${i % 3}`, `+1666${i % 40}`]);
const packed = send.pack(list); // the layout is in bindings/node/README.md
const out = send.decideMany(packed);
const go = (answers) => answers.status.reduce((sum, status) => sum + (status === 0 ? 1 : 0), 0);
console.log(go(out), 'go now,', list.length - go(out), 'wait');

engine.setClock(Date.UTC(2025, 0, 13, 0, 1));
send.decideMany(packed, { out });
console.log(
  go(out),
  'go a minute later; the last waits',
  out.retryAfterMs.at(-1),
  'ms, by',
  engine.limitName(out.limitId.at(-1)),
);
engine.close();
