#!/usr/bin/env node
// Measures the tables in docs/conformance.md and docs/interop.md again, with the brokers and clients that are installed,
// and compares. With `--write` it writes them, and then everything has to be installed.
//
// usage: node scripts/tables.mjs [--write] [brokers|clients|interop]
// STOMPWIRE_CLIENTS names a directory whose node_modules has the clients from npm; default bench.

import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const args = process.argv.slice(2);
const isWriting = args.includes('--write');
const parts = {
  brokers: 'test/brokers/audit/conformance.test.ts',
  clients: 'test/brokers/audit/clients.test.ts',
  interop: 'test/brokers/interop',
};
const wanted = args.filter((arg) => arg !== '--write');
const unknown = wanted.find((arg) => !Object.hasOwn(parts, arg));
if (unknown !== undefined) {
  console.error(`${unknown}: expected --write, ${Object.keys(parts).join(', ')}`);
  process.exit(2);
}
const files = (wanted.length > 0 ? wanted : Object.keys(parts)).map((name) => parts[name]);
const env = isWriting ? { STOMPWIRE_WRITE_TABLES: '1', STOMPWIRE_REQUIRE_BROKERS: '1' } : {};
const child = spawn(
  process.execPath,
  [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--config', 'vitest.brokers.config.ts', ...files],
  { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } },
);
child.once('exit', (code) => process.exit(code ?? 1));
