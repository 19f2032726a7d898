// SPDX-License-Identifier: Apache-2.0
// npm run build: the addon from source, by CMake, into build/ here, or stripped into the folder that is named.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const root = path.join(here, '..', '..');
const named = process.argv[2];
const place = named ?? path.join(here, 'build');

const run = (...args) => execFileSync('cmake', args, { cwd: root, stdio: 'inherit' });

mkdirSync(place, { recursive: true });
run('--preset', 'node');
run('--build', '--preset', 'node');
run('--install', 'build/node', '--component', 'node', '--prefix', place, ...(named === undefined ? [] : ['--strip']));
