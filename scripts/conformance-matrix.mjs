#!/usr/bin/env node
// Runs the conformance cases against all brokers and clients that are installed, and writes the tables of
// docs/conformance.md. Without `--write` it compares with what stands there.
//
// usage: node scripts/conformance-matrix.mjs [--write] [brokers|clients]
// STOMPWIRE_CLIENTS names a directory whose node_modules has the clients from npm; default bench.

import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const args = process.argv.slice(2);
const parts = { brokers: 'conformance', clients: 'clients' };
const wanted = args.filter((arg) => arg !== '--write');
const unknown = wanted.find((arg) => !Object.hasOwn(parts, arg));
if (unknown !== undefined) {
  console.error(`${unknown}: expected --write, brokers or clients`);
  process.exit(2);
}
const files = (wanted.length > 0 ? wanted : Object.keys(parts)).map(
  (name) => `test/brokers/audit/${parts[name]}.test.ts`,
);
const child = spawn(
  process.execPath,
  [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--config', 'vitest.brokers.config.ts', ...files],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, STOMPWIRE_WRITE_CONFORMANCE: args.includes('--write') ? '1' : '' },
  },
);
child.once('exit', (code) => process.exit(code ?? 1));
