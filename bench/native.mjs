import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
export const SERVER = here('./native/build/server');
export const RAW = here('./native/build/raw');

/** Compiles what is older than its source. Throws when there is no C compiler: nothing can be measured then. */
export function buildNative() {
  mkdirSync(here('./native/build'), { recursive: true });
  for (const name of ['server', 'raw']) {
    const built = here(`./native/build/${name}`);
    const sources = [here(`./native/${name}.c`), here('./native/frames.h')];
    if (existsSync(built) && sources.every((source) => statSync(source).mtimeMs < statSync(built).mtimeMs))
      continue;
    execFileSync('cc', ['-O2', '-D_GNU_SOURCE', '-o', built, sources[0]], { stdio: 'inherit' });
  }
}

/**
 * Starts a server for one connection.
 * @param {'source' | 'sink' | 'stall'} role
 * @param {Record<string, string | number | undefined>} options as in native/server.c
 */
export async function startServer(role, options = {}) {
  const args = Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(SERVER, [role, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors += text;
  });
  const first = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    ended.then(() => reject(new Error(`the server did not start: ${errors}`)));
  });
  return {
    ...JSON.parse(first),
    /** What it has seen: sends, receipts, bodyBytes, bodySum. Ends it if its client has not. */
    async end() {
      const timer = setTimeout(() => child.kill(), 2_000);
      await ended;
      clearTimeout(timer);
      const last = errors.trim().split('\n').at(-1);
      return last?.startsWith('{') ? JSON.parse(last) : { failed: last };
    },
    kill: () => child.kill(),
  };
}
