import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { ROOT, readText } from './markdown.js';

const run = promisify(execFile);

test('the figures in README.md and docs/speed.md are those of the run in docs/speed.json', async () => {
  await run(process.execPath, [join(ROOT, 'bench/publish.mjs'), '--check']);
});

test('the run names its machine and its day, and has a rate of ours in each scenario', () => {
  const { machine, date, scenarios } = JSON.parse(readText('docs/speed.json'));
  expect(machine).toMatchObject({
    cpu: expect.any(String),
    cores: expect.any(Number),
    node: expect.any(String),
  });
  expect(Number.isNaN(Date.parse(date))).toBe(false);
  expect(scenarios.length).toBeGreaterThanOrEqual(15);
  for (const { name, rows } of scenarios) {
    const ours = rows.find((row: { client: string }) => row.client === 'stompwire');
    expect(ours?.median, name).toBeGreaterThan(0);
  }
});
