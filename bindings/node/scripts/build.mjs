// SPDX-License-Identifier: Apache-2.0
// npm run build: the addon from source, by CMake, into build/ here; with --prebuilt into prebuilds/ for this platform.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const root = path.join(here, '..', '..');
const prebuilt = process.argv.includes('--prebuilt');
const place = prebuilt ? path.join(here, 'prebuilds', `${process.platform}-${process.arch}`) : path.join(here, 'build');

const run = (...args) => execFileSync('cmake', args, { cwd: root, stdio: 'inherit' });

mkdirSync(place, { recursive: true });
run('--preset', 'node');
run('--build', '--preset', 'node');
run('--install', 'build/node', '--component', 'node', '--prefix', place, ...(prebuilt ? ['--strip'] : []));
