// SPDX-License-Identifier: Apache-2.0
// Every file of examples/node runs and prints what it promises; every example in a page does so too.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { ROOT } from './support.mjs';

const FOLDER = path.join(ROOT, 'examples/node');
const PRINTS = {
  'batch.mjs': ['240 go now, 60 wait', '240 go a minute later; the last waits 60000 ms, by pair'],
  'hello.mjs': ['30 allowed; the same passes in 60000 ms', 'rate by pair'],
  'http_server.mjs': [
    '200 with 0 left; Retry-After: none',
    '429 with 0 left; Retry-After: 60',
    '{"error":"rate_limited","message":"Too fast. Try again in 60 seconds."}',
    'sluice_decisions_total{policy="letters",stance="enforce",result="denied"} 1',
  ],
  'message_queue.mjs': [
    'c1: 5 on the line',
    '1 s: b1 for bob',
    '2 s: c1 for carol',
    '6 s: c1 for carol',
    '7 s: a3 for acme',
    'closed',
  ],
  'threads.mjs': ['1000 of 2000 allowed; the engine counts 1000'],
};
const PAGES = ['README.md', 'bindings/node/README.md', 'docs/http.md'];
// A program, and what it prints when that follows.
const BLOCK = /^```js\n(.*?)^```\n(?:\n```\n(.*?)^```$)?/gms;

const run = (...args) => execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8', timeout: 60_000 });

test('every example says what it prints', () => {
  assert.deepEqual(readdirSync(FOLDER).sort(), Object.keys(PRINTS).sort());
});

for (const [file, printed] of Object.entries(PRINTS)) {
  test(`examples/node/${file} prints what it promises`, () => {
    const text = run(path.join(FOLDER, file));
    let from = 0;
    for (const line of printed) {
      const at = text.indexOf(`${line}\n`, from);
      assert.ok(at >= 0, `${line} is not in its place in:\n${text}`);
      from = at;
    }
    assert.ok(readFileSync(path.join(FOLDER, file), 'utf8').split('\n').length <= 60, 'an example is short');
  });
}

for (const page of PAGES) {
  test(`the examples of ${page} print what it shows`, () => {
    const blocks = [...readFileSync(path.join(ROOT, page), 'utf8').matchAll(BLOCK)];
    assert.ok(blocks.length > 0, 'there is none');
    for (const [, program, shown] of blocks) {
      const index = pathToFileURL(path.join(ROOT, 'bindings/node/index.mjs')).href;
      assert.ok(program.includes("from 'sluice'"), program);
      const printed = run('--input-type=module', '-e', program.replaceAll("from 'sluice'", `from '${index}'`));
      if (shown !== undefined) assert.equal(printed, shown);
    }
  });
}
