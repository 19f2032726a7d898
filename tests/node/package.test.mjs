// SPDX-License-Identifier: Apache-2.0
// The package as others meet it: its names, its types, its addon, and what is said when there is none.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

import * as imported from '../../bindings/node/index.mjs';
import { HELLO, ROOT } from './support.mjs';

const PACKAGE = path.join(ROOT, 'bindings/node');
const required = createRequire(import.meta.url)('../../bindings/node/index.cjs');
const read = (file) => readFileSync(path.join(PACKAGE, file), 'utf8');

function elsewhere(work) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('import and require give the same objects', () => {
  assert.deepEqual(Object.keys(imported).sort(), Object.keys(required).sort());
  for (const name of Object.keys(required)) assert.equal(imported[name], required[name], name);
});

test('the types name what there is, and nothing else', () => {
  const values = [...read('index.d.cts').matchAll(/^export (?:const|class|function) (\w+)/gm)].map(([, name]) => name);
  assert.deepEqual([...values].sort(), Object.keys(required).sort());
});

// Of a class that is declared: its members here, and those that it has at run time.
function membersOf(name) {
  const body = new RegExp(`^export (?:class|interface) ${name}\\b[^{]*\\{\\n(.*?)^\\}`, 'ms').exec(read('index.d.cts'))[1];
  return [...body.matchAll(/^ {2}(?:readonly |static )*(\w+)\??[(:<]/gm)]
    .map(([, member]) => member)
    .filter((member) => member !== 'constructor');
}

test('every method that is declared exists, and every one that exists is declared', () => {
  for (const name of [
    'Engine',
    'Operation',
    'Policy',
    'Campaign',
    'Decision',
    'Decisions',
    'Lease',
    'Receipt',
    'Due',
    'Held',
    'HttpAnswer',
  ]) {
    const { prototype } = required[name];
    const chain = [
      prototype,
      ...(Object.getPrototypeOf(prototype) === Object.prototype ? [] : [Object.getPrototypeOf(prototype)]),
    ];
    const own = new Set(chain.flatMap((each) => Object.getOwnPropertyNames(each)));
    own.delete('constructor');
    const declared = new Set(membersOf(name));
    for (const member of own)
      if (member !== 'of' && member !== 'shape') assert.ok(declared.has(member), `${name}.${member} is not declared`);
    if (['Engine', 'Operation'].includes(name))
      for (const member of declared) assert.ok(own.has(member) || member in required[name], `${name}.${member} is not there`);
  }
});

test('the version is the VERSION of the tree, and stands nowhere else', () => {
  const version = readFileSync(path.join(ROOT, 'VERSION'), 'utf8').trim();
  assert.equal(required.version, version);
  assert.equal(JSON.parse(read('package.json')).version, '0.0.0', 'scripts/pack.mjs writes it');
});

test('nothing is run when it is installed, and every dependency is pinned', () => {
  const { scripts, dependencies, devDependencies } = JSON.parse(read('package.json'));
  for (const name of ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish']) assert.equal(scripts[name], undefined);
  assert.equal(dependencies, undefined);
  const { packages } = JSON.parse(read('package-lock.json'));
  for (const [name, version] of Object.entries(devDependencies)) {
    assert.match(version, /^\d+\.\d+\.\d+$/);
    assert.equal(packages[`node_modules/${name}`].version, version);
  }
});

test('only what Node asks for leaves the addon', { skip: spawnSync('nm', ['--version']).status !== 0 }, () => {
  const symbols = execFileSync('nm', ['-D', '--defined-only', path.join(PACKAGE, 'build/sluice.node')], { encoding: 'utf8' });
  const names = symbols
    .trim()
    .split('\n')
    .map((line) => line.split(' ').at(-1));
  assert.deepEqual(names.sort(), ['napi_register_module_v1', 'node_api_module_get_api_version_v1']);
});

test('without an addon it says where it was looked for', () => {
  elsewhere((folder) => {
    for (const name of ['lib', 'index.cjs']) cpSync(path.join(PACKAGE, name), path.join(folder, name), { recursive: true });
    const { status, stderr } = spawnSync(process.execPath, ['-e', 'require("./index.cjs")'], { cwd: folder, encoding: 'utf8' });
    assert.notEqual(status, 0);
    for (const place of [
      `prebuilds/${process.platform}-${process.arch}/sluice.node`,
      'build/sluice.node',
      'ERR_SLUICE_NO_ADDON',
      'npm run build',
    ]) {
      assert.ok(stderr.includes(place), `${place} is not in:\n${stderr}`);
    }
  });
});

test('what was built in advance comes before what was built here', () => {
  elsewhere((folder) => {
    for (const name of ['lib', 'index.cjs', 'index.mjs', 'package.json']) {
      cpSync(path.join(PACKAGE, name), path.join(folder, 'node_modules/sluice', name), { recursive: true });
    }
    const prebuilt = path.join(folder, 'node_modules/sluice/prebuilds', `${process.platform}-${process.arch}`);
    mkdirSync(prebuilt, { recursive: true });
    mkdirSync(path.join(folder, 'node_modules/sluice/build'));
    cpSync(path.join(PACKAGE, 'build/sluice.node'), path.join(prebuilt, 'sluice.node'));
    writeFileSync(path.join(folder, 'node_modules/sluice/build/sluice.node'), 'not this one');
    const run = (...args) =>
      execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', env: { ...process.env, POLICY: HELLO } });
    const use = 'console.log(new Engine({ policy: process.env.POLICY }).tryAcquire("call", ["acme"]))';
    assert.equal(run('-e', `const { Engine } = require("sluice"); ${use}`), '0\n');
    assert.equal(run('--input-type=module', '-e', `import { Engine } from "sluice"; ${use}`), '0\n');
    assert.throws(() => run('-e', 'require("sluice/lib/native.js")'), /ERR_PACKAGE_PATH_NOT_EXPORTED/);
  });
});
