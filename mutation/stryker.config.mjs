// One room or one file at a time, named by run.mjs. Paths are below the root, where this is run from.

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  testRunner: 'plain',
  plugins: [new URL('runner.mjs', import.meta.url).href],
  coverageAnalysis: 'perTest',
  concurrency: 1,
  reporters: ['json'],
  jsonReporter: { fileName: process.env.STOMPWIRE_MUTATION_REPORT },
  tempDirName: '.stryker-tmp',
  timeoutMS: 10_000,
  // TypeScript 7 is a program without the functions that would rewrite this file, and nothing in it needs that.
  tsconfigFile: 'none',
  ignorePatterns: ['bench', 'coverage', 'dist', 'mutation/node_modules', 'mutation/reports'],
};
