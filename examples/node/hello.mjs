// SPDX-License-Identifier: Apache-2.0
// Asks the Linq policy 31 times at one instant: 30 messages pass, the 31st says how long to wait.
import { Engine } from '../../bindings/node/index.mjs'; // installed: from 'sluice'

const policy = new URL('../../policies/linq.jsonc', import.meta.url);
const engine = await Engine.open(policy, { clock: 'manual', now: Date.UTC(2025, 0, 13) });

const send = engine.operation('messages.send'); // resolved once
const waits = Array.from({ length: 31 }, () => send.tryAcquire('acme', '+15550001', '+15550002'));
console.log(waits.filter((wait) => wait === 0).length, 'allowed; the same passes in', waits.at(-1), 'ms');

const { denial, limitName } = send.peek({ account: 'acme', line: '+15550001', recipient: '+15550002' });
console.log(denial, 'by', limitName);
engine.close();
