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
  metafile: true,
});

const made = new Set(Object.keys(metafile.outputs));
for (const entry of readdirSync(join(root, 'dist'), { recursive: true, withFileTypes: true })) {
  const file = join(entry.parentPath, entry.name);
  if (entry.isFile() && file.endsWith('.js') && !made.has(relative(root, file))) rmSync(file);
}
