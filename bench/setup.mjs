import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildNative } from './native.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Installs the rivals if they are missing, builds the library and the C programs. */
export function prepare(log) {
  if (!existsSync(here('./node_modules'))) {
    log('installing the rivals');
    execFileSync('npm', ['ci'], { cwd: here('.'), stdio: 'inherit', shell: process.platform === 'win32' });
  }
  if (existsSync(here('../scripts/run.mjs'))) {
    log('building stompwire');
    try {
      execFileSync(process.execPath, ['scripts/run.mjs', 'build'], { cwd: here('..'), stdio: 'pipe' });
    } catch (error) {
      const built = existsSync(here('../dist/index.js'))
        ? 'what was built before is measured'
        : 'it is absent';
      console.error(
        `stompwire does not build, ${built}: ${
          String(error.stdout || error.message)
            .trim()
            .split('\n')[0]
        }`,
      );
    }
  }
  buildNative();
}
