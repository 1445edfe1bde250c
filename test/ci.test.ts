import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

test('the workflow runs .ci/run on Debian 12 with Node 20, and nothing else', () => {
  const lines = read('.github/workflows/ci.yml').trimEnd().split('\n');
  const jobs = lines.slice(lines.indexOf('jobs:') + 1);
  expect(jobs.map((line) => line.trim())).toEqual([
    'run:',
    'runs-on: ubuntu-latest',
    'container: node:20-bookworm',
    'steps:',
    '- uses: actions/checkout@v4',
    '- run: bash .ci/run',
  ]);
  const head = lines.slice(0, lines.indexOf('jobs:'));
  expect(head).toEqual(['name: ci', 'on: [push, pull_request]', 'permissions:', '  contents: read']);
});
