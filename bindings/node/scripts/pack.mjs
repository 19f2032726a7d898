// SPDX-License-Identifier: Apache-2.0
// npm run pack:here: the package as a tarball in build/npm, with the addon of this platform, which needs no compiler and runs no
// script where it is installed. Its version is the tree's VERSION; package.json here has none that could drift.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const root = path.join(here, '..', '..');
const place = path.join(root, 'build', 'npm');
const stage = path.join(place, 'package');

rmSync(place, { recursive: true, force: true });
mkdirSync(stage, { recursive: true });
const source = JSON.parse(readFileSync(path.join(here, 'package.json'), 'utf8'));
for (const name of source.files.filter((each) => each !== 'prebuilds'))
  cpSync(path.join(name === 'LICENSE' ? root : here, name), path.join(stage, name), { recursive: true });

// Not in the tree, where it would stand before what is built there.
const prebuilt = path.join(stage, 'prebuilds', `${process.platform}-${process.arch}`);
execFileSync(process.execPath, [path.join(here, 'scripts', 'build.mjs'), prebuilt], { stdio: 'inherit' });

const { private: _, scripts: __, devDependencies: ___, ...published } = source;
published.version = readFileSync(path.join(root, 'VERSION'), 'utf8').trim();
writeFileSync(path.join(stage, 'package.json'), `${JSON.stringify(published, null, 2)}\n`);

execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', place], { cwd: stage, stdio: 'inherit' });
