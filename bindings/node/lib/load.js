// SPDX-License-Identifier: Apache-2.0
// Finds the addon: what was built in advance for this platform, else what `npm run build` has built here.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');

function places() {
  const target = `${process.platform}-${process.arch}`;
  return [path.join(root, 'prebuilds', target, 'sluice.node'), path.join(root, 'build', 'sluice.node')];
}

function load() {
  const found = places().find((file) => fs.existsSync(file));
  if (found !== undefined) return require(found);
  const error = new Error(
    `sluice has no addon for ${process.platform}-${process.arch} (Node ${process.versions.node}); looked for:\n` +
      places()
        .map((file) => `  ${file}\n`)
        .join('') +
      'Linux with glibc on x64 and arm64 can be served; in the source tree, `npm ci --ignore-scripts && npm run build` builds it.',
  );
  error.code = 'ERR_SLUICE_NO_ADDON';
  throw error;
}

module.exports = { load, places };
