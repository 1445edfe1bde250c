#!/usr/bin/env node
// Makes the API reference from the comments of the sources: `npm run docs` writes it to the folder `api`. That nothing
// exported is without a comment, test/docs/comments.test.ts sees to.
//
// TypeDoc reads TypeScript up to version 6 and the project is compiled with 7, so scripts/api has both for itself.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const tools = join(root, 'scripts/api');
const typedoc = join(tools, 'node_modules/typedoc/bin/typedoc');

function must(program, args, cwd) {
  const { status } = spawnSync(program, args, { cwd, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

const modified = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
const installed = modified(join(tools, 'node_modules/.package-lock.json'));
if (!existsSync(typedoc) || installed < modified(join(tools, 'package-lock.json'))) {
  must('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'], tools);
}

const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const entries = Object.values(exports).flatMap((entry) => entry.default ?? []);
const sources = entries.map((path) => path.replace('./dist/', 'src/').replace(/\.js$/, '.ts'));
const options = [
  ['--tsconfig', 'tsconfig.build.json'],
  ['--out', 'api'],
  ['--readme', 'README.md'],
  ['--name', 'stompwire'],
  ['--excludeInternal'],
  ['--excludePrivate'],
  ['--disableSources'],
  ['--validation.notExported', 'false'],
];
must(process.execPath, [typedoc, ...options.flat(), ...sources], root);
