import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Where the clients from npm are installed, if they are. */
export const NPM_CLIENTS =
  process.env['STOMPWIRE_CLIENTS'] ?? fileURLToPath(new URL('../../bench', import.meta.url));

/** Where this package from npm describes itself. */
export function npmManifest(name: string): string {
  return `${NPM_CLIENTS}/node_modules/${name}/package.json`;
}

/** Its version, or undefined where it is not there. */
export function npmVersion(name: string): string | undefined {
  const file = npmManifest(name);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : undefined;
}
