#!/usr/bin/env node
// Joins the compiled files of dist into few: one for each entry point and some that they share. Fifty small files
// take several times as long to load as three, and this library is loaded by processes that live for a second.

import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { bin, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const targets = [...Object.values(exports).map((entry) => entry.default), ...Object.values(bin)];
const entryPoints = targets.filter(Boolean).map((target) => join(root, target));

/**
 * Files go together that are reached from the same entry points. What makes up a connection is to be one file, so each
 * entry that uses any of it is made to reach all of it.
 */
const connectionInOneFile = {
  name: 'connection-in-one-file',
  setup({ onLoad, onResolve }) {
    onLoad(
      { filter: /[\\/]dist[\\/](transport[\\/]index|connector[\\/]index|cli[\\/]main)\.js$/ },
      ({ path }) => ({
        contents: `${readFileSync(path, 'utf8')}\nimport '../pool/connect.js?reached';\n`,
        loader: 'js',
      }),
    );
    onResolve({ filter: /\?reached$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path.replace('?reached', '')),
    }));
  },
};

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints,
  outdir: 'dist',
  outbase: 'dist',
  allowOverwrite: true,
  bundle: true,
  splitting: true,
  chunkNames: 'shared/[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  legalComments: 'none',
  plugins: [connectionInOneFile],
  logLevel: 'error', // it warns that the import which is only there to be reached does nothing
  metafile: true,
});

const made = new Set(Object.keys(metafile.outputs));
for (const entry of readdirSync(join(root, 'dist'), { recursive: true, withFileTypes: true })) {
  const file = join(entry.parentPath, entry.name);
  if (entry.isFile() && file.endsWith('.js') && !made.has(relative(root, file))) rmSync(file);
}
