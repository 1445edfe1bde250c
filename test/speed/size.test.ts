import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

test("import 'stompwire' pulls in less than 60 kB, minified and gzipped, and loads no module of Node", async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(root, 'src/index.ts')],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    write: false,
    metafile: true,
  });
  const code = outputFiles[0]!.contents;
  expect(code.length).toBeGreaterThan(20_000);
  expect(gzipSync(code, { level: 9 }).length).toBeLessThan(60_000);
  const outside = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  expect(outside).toEqual([]);
});
