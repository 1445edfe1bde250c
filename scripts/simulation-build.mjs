// Compiles the simulation together with the sources it runs, into a directory of its own.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** `from` holds src and test; the result is a new directory in `into`, and the file in it to run. */
export function compileSimulation(from, into) {
  mkdirSync(into, { recursive: true });
  const directory = mkdtempSync(join(into, 'simulation-'));
  const project = join(directory, 'tsconfig.json');
  const settings = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: { noEmit: false, noCheck: true, rootDir: from, outDir: directory, types: [] },
    include: [],
    files: [join(from, 'test/simulation/main.ts')],
  };
  writeFileSync(project, JSON.stringify(settings));
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }\n');
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', project], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) throw new Error('the simulation did not compile');
  return { directory, main: join(directory, 'test/simulation/main.js') };
}
