// SPDX-License-Identifier: Apache-2.0
// npm test: every test of tests/node, which run the examples, too; --long: the long forms alone.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const long = process.argv.includes('--long');

function run(...args) {
  const env = { ...process.env, SLUICE_LONG: long ? '1' : '' };
  const { status, signal } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env });
  if (status !== 0) {
    console.error(`node ${args.join(' ')}: ${signal ?? `status ${status}`}`);
    process.exit(status ?? 1);
  }
}

const files = (folder, ending) =>
  readdirSync(path.join(root, folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => path.join(folder, name));

// A file that is run by itself tests itself; --expose-gc would not reach it through --test.
for (const file of long ? ['tests/node/memory.test.mjs'] : files('tests/node', '.test.mjs')) run('--expose-gc', file);
