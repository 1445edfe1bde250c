import { spawnSync } from 'node:child_process';
import { describe } from 'vitest';

/** Runs a Ruby program with JSON in and JSON out. */
export function ruby(program: string, input: unknown): unknown {
  const run = spawnSync('ruby', ['-W0', '-rjson', '-rbase64', '-e', program], {
    input: JSON.stringify(input),
    encoding: 'utf8',
    env: { ...process.env, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8' },
    maxBuffer: 64 * 1024 * 1024,
  });
  if (run.status !== 0) throw new Error(`ruby: ${run.error?.message ?? run.stderr}`);
  return JSON.parse(run.stdout);
}

const NEEDS = {
  ruby: { program: '1', missing: 'ruby is not installed (Debian package ruby)' },
  mcollective: {
    program: 'require "mcollective"',
    missing: 'MCollective is not installed (Debian package mcollective-common)',
  },
};

/** `describe` for tests whose oracle is a Ruby program; where it is missing they are skipped by name, with the reason. */
export function describeRuby(need: keyof typeof NEEDS, title: string, tests: () => void): void {
  const { program, missing } = NEEDS[need];
  if (spawnSync('ruby', ['-W0', '-e', program]).status === 0) {
    describe(title, tests);
    return;
  }
  console.log(`skipped: ${title}: ${missing}`);
  describe.skip(`${title} [skipped: ${missing}]`, tests);
}
