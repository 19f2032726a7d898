// SPDX-License-Identifier: Apache-2.0
// npm run types: the declarations by themselves, and the programs of tests/node/types against them, as installed, under every way
// that TypeScript finds modules by.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync, copyFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const root = path.join(here, '..', '..');
const work = path.join(root, 'build', 'node-types');
const programs = ['sample.mts', 'required.cts'];

// A project that has the package installed.
rmSync(work, { recursive: true, force: true });
mkdirSync(path.join(work, 'node_modules', '@types'), { recursive: true });
symlinkSync(here, path.join(work, 'node_modules', 'sluice'), 'dir');
symlinkSync(path.join(here, 'node_modules', '@types', 'node'), path.join(work, 'node_modules', '@types', 'node'), 'dir');
for (const file of programs) copyFileSync(path.join(root, 'tests', 'node', 'types', file), path.join(work, file));

const ways = [
  { module: 'node16', moduleResolution: 'node16', files: programs },
  // A bundler's modules have no `import = require`.
  { module: 'esnext', moduleResolution: 'bundler', files: ['sample.mts'] },
];

for (const { files, ...way } of ways) {
  const compilerOptions = {
    ...way,
    target: 'es2022',
    lib: ['es2022'],
    strict: true,
    noEmit: true,
    types: ['node'],
    skipLibCheck: false,
  };
  writeFileSync(path.join(work, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  const tsc = path.join(here, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', work], { stdio: 'inherit' });
  console.log(`${way.moduleResolution}: ${status === 0 ? 'passed' : 'FAILED'}`);
  if (status !== 0) process.exit(1);
}
