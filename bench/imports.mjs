import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { median, spread } from './statistics.mjs';

const run = promisify(execFile);
const RIVALS = ['stompit', '@stomp/stompjs', 'stomp', 'stomp-client', 'webstomp-client'];

/** Milliseconds of the import alone, measured inside a process that does nothing else; taken in turns. */
export async function measureImports(times) {
  const folder = mkdtempSync(join(tmpdir(), 'stompwire-bench-'));
  try {
    const empty = join(folder, 'empty.mjs');
    writeFileSync(empty, '');
    const modules = [
      { name: 'an empty module', url: pathToFileURL(empty).href, ms: [] },
      { name: 'stompwire', url: new URL('../dist/index.js', import.meta.url).href, ms: [] },
      ...RIVALS.map((name) => ({ name, url: import.meta.resolve(name), ms: [] })),
    ];
    for (let i = 0; i < times; i++) for (const it of modules) it.ms.push(await importOnce(it.url));
    const base = median(modules[0].ms);
    return modules.map(({ name, ms }) => ({ name, gross: spread(ms), net: median(ms) - base }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function importOnce(url) {
  const code = `const t = process.hrtime.bigint(); await import(${JSON.stringify(url)}); console.log(Number(process.hrtime.bigint() - t) / 1e6); process.exit(0)`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code]);
  return Number(stdout.trim().split('\n').at(-1));
}

/** Bundled, minified and gzipped: what an import pulls in, without Node's own modules. */
export async function measureSizes() {
  const { build } = await import('esbuild');
  const entries = [
    ['stompwire', fileURLToPath(new URL('../dist/index.js', import.meta.url))],
    ['stompwire/frame', fileURLToPath(new URL('../dist/frame/index.js', import.meta.url))],
    ...RIVALS.map((name) => [name, fileURLToPath(import.meta.resolve(name))]),
  ];
  const sizes = [];
  for (const [name, entry] of entries) {
    const { outputFiles, metafile } = await build({
      entryPoints: [entry],
      bundle: true,
      minify: true,
      platform: 'node',
      format: 'esm',
      write: false,
      metafile: true,
      logLevel: 'error',
    });
    const bytes = outputFiles[0].contents;
    const modules = Object.keys(metafile.inputs).length;
    sizes.push({ name, modules, minified: bytes.length, gzipped: gzipSync(bytes, { level: 9 }).length });
  }
  return sizes;
}
