import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ClientErrand } from '../../src/audit/peer/index.js';

const SCRIPTS = fileURLToPath(new URL('../audit/clients/', import.meta.url));
/** Where the clients from npm are installed, if they are. */
export const NPM_CLIENTS =
  process.env['STOMPWIRE_CLIENTS'] ?? fileURLToPath(new URL('../../bench', import.meta.url));

/** A driver that runs a program for each case and ends it with the case. */
export function spawned(command: string, script: string) {
  return ({ port, secondPort, id, signal }: ClientErrand): Promise<void> =>
    new Promise((resolve) => {
      const args = [`${SCRIPTS}${script}`, String(port), String(secondPort), id];
      const env = { ...process.env, STOMPWIRE_CLIENTS: NPM_CLIENTS, LANG: 'C.UTF-8' };
      const child = spawn(command, args, { stdio: 'ignore', env });
      const end = (): void => void child.kill('SIGKILL');
      child.once('error', () => resolve());
      child.once('exit', () => {
        signal.removeEventListener('abort', end);
        resolve();
      });
      signal.addEventListener('abort', end, { once: true });
    });
}

/** Whether this package from npm is there. */
export function hasNpmClient(name: string): boolean {
  return existsSync(`${NPM_CLIENTS}/node_modules/${name}/package.json`);
}

export function npmVersion(name: string): string {
  return JSON.parse(readFileSync(`${NPM_CLIENTS}/node_modules/${name}/package.json`, 'utf8')).version;
}
