// SPDX-License-Identifier: Apache-2.0
// The same types for require.
import sluice = require('sluice');

const engine: sluice.Engine = new sluice.Engine({ policy: '{}' });
const held: sluice.Held = engine.enqueue('send', { account: 'acme' });
const wait: number = engine.tryAcquire('send', ['acme'], { now: 5n, idempotencyKey: 'k' });
// @ts-expect-error a wait is a number
const words: string = wait;
void [held, words];
