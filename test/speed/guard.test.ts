import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/**
 * Speed, guarded by what can be counted: the same on a fast machine and a busy one. Durations belong in bench/; the
 * one here is a ratio of two parsers in turns in one process, and asks for a quarter of what it is.
 */
const root = fileURLToPath(new URL('../..', import.meta.url));
let directory = '';
let bundle = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stompwire-'));
  bundle = join(directory, 'stompwire.mjs');
  await build({
    stdin: {
      contents:
        "export { connect } from './src/pool/index.ts'; export { FrameParser } from './src/frame/index.ts';",
      resolveDir: root,
    },
    bundle: true,
    format: 'esm',
    platform: 'node',
    outfile: bundle,
  });
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

async function run<T>(script: string, ...args: string[]): Promise<T> {
  const flags = ['--expose-gc', '--min-semi-space-size=256', '--max-semi-space-size=256'];
  const path = join(root, 'test/speed', script);
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, path, bundle, ...args]);
  return JSON.parse(stdout);
}

interface Steps {
  /** Of subscriptions, or of receipts in flight. */
  readonly count: number;
  /** Messages that were handed over, or confirmed. */
  readonly done: number;
  /** For each of them: characters of source that were run, and array entries that were looked at. */
  readonly steps: number;
}

/** Highest and lowest, as a ratio. */
function spread(rows: ReadonlyArray<Steps>): number {
  const steps = rows.map((row) => row.steps);
  return Math.max(...steps) / Math.min(...steps);
}

describe('steps for each message stay flat', { timeout: 120_000 }, () => {
  test('from 1 to 10,000 subscriptions', async () => {
    const rows = await run<Steps[]>('counts.mjs', 'subscriptions');
    expect(rows.map(({ count, done }) => [count, done])).toEqual(
      [1, 10, 100, 1_000, 10_000].map((count) => [count, 10_000]),
    );
    for (const { steps } of rows) expect(steps).toBeGreaterThan(1_000); // the count sees the library at work
    // V8 does not count every block of code that it has optimised, so it differs a little from run to run.
    expect(spread(rows), JSON.stringify(rows)).toBeLessThan(1.5);
  });

  test('from 1 to 100,000 receipts in flight', async () => {
    const rows = await run<Steps[]>('counts.mjs', 'receipts');
    expect(rows.map(({ count, done }) => [count, done])).toEqual(
      [1, 10, 100, 1_000, 10_000, 100_000].map((count) => [count, 10_000]),
    );
    for (const { steps } of rows) expect(steps).toBeGreaterThan(1_000);
    // One at a time has a turn of the event loop and a write for each; the others share them.
    const [alone, ...rest] = rows;
    expect(Math.max(...rest.map(({ steps }) => steps))).toBeLessThan(alone!.steps * 1.5);
    expect(spread(rest), JSON.stringify(rows)).toBeLessThan(1.5);
  });
});

describe('what a frame costs', { timeout: 120_000 }, () => {
  test('1,000 sends take one write for each 64 KiB at most', async () => {
    const rows = await run<Array<{ size: number; sends: number; writes: number }>>('counts.mjs', 'writes');
    expect(rows.map(({ size, sends }) => [size, sends])).toEqual([
      [16, 1000],
      [256, 1000],
      [4096, 1000],
    ]);
    for (const { size, writes } of rows) {
      const frames = 1000 * (size + 64);
      expect(writes, `${size} B`).toBeLessThanOrEqual(Math.ceil(frames / 65_536) + 2);
    }
  });

  test('a received frame takes less than 600 bytes of the heap, a sent one less than 350', async () => {
    const { receive, send, ...counts } = await run<{
      receive: { heap: number; buffers: number };
      send: { heap: number; buffers: number };
      received: number;
      sent: number;
      arrived: number;
    }>('counts.mjs', 'allocations');
    expect(counts).toEqual({ received: 40_000, sent: 40_000, arrived: 40_000 });
    // Frame, headers, body, message and the views of them; nothing was collected, or there would be fewer.
    expect(receive.heap).toBeGreaterThan(100);
    expect(receive.heap).toBeLessThan(600);
    expect(receive.buffers).toBeLessThan(400); // the chunk is copied here, and the body
    expect(send.heap).toBeLessThan(350);
    expect(send.buffers).toBeLessThan(100);
  });

  test('one small body that is kept keeps 4 KiB at most, whatever else was read with it', async () => {
    const rows = await run<Array<{ size: number; kept: number; wrong: number; bytes: number }>>(
      'counts.mjs',
      'kept',
    );
    expect(rows.map(({ size }) => size)).toEqual([1, 16, 256, 1_000, 1_024, 1_025, 2_047]);
    for (const { size, kept, wrong, bytes } of rows) {
      expect([kept, wrong], `${size} B`).toEqual([80, 0]);
      expect(bytes, `${size} B`).toBeGreaterThanOrEqual(size * 0.9);
      expect(bytes, `${size} B`).toBeLessThan(4_096 + 64);
    }
  });

  test('the codec is at least four times as fast as the one of stompit, in one process', async () => {
    const { ours, stompit, frames } = await run<{ ours: number; stompit: number; frames: [number, number] }>(
      'codecs.mjs',
    );
    expect(frames[0]).toBeGreaterThan(10_000);
    expect(frames[1]).toBeGreaterThan(1_000);
    expect(ours / stompit).toBeGreaterThan(4);
  });
});
