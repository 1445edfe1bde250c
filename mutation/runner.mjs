// Runs the tests for Stryker in its own process, without vitest: what is mutated is loaded once and then switched, so
// that a mutant costs as long as its tests take and not the second that vitest needs to start.

import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { declareFactoryPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import { build } from 'esbuild';

const SHIM = new URL('shim.mjs', import.meta.url).href;
const TEST_MS = 5_000;

/** Beside each TypeScript file of the copy that Stryker made, the JavaScript that its imports name. */
async function compile(folders) {
  if (existsSync('src/errors.js')) return; // this process takes the place of one that ended
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  const entryPoints = files.filter((name) => name.endsWith('.ts'));
  const { outputFiles } = await build({
    absWorkingDir: process.cwd(),
    entryPoints,
    outdir: '.',
    outbase: '.',
    target: 'node20',
    write: false,
  });
  for (const { path, text } of outputFiles)
    writeFileSync(path, text.replaceAll(/(from\s+)"vitest"/g, `$1${JSON.stringify(SHIM)}`));
}

class Runner {
  #shim;
  #space;
  /** An error that no test caught. */
  #stray;

  constructor(space) {
    this.#space = globalThis[space] ??= {};
  }

  capabilities() {
    return { reloadEnvironment: false };
  }

  async init() {
    await compile(['src', 'test']);
    for (const event of ['unhandledRejection', 'uncaughtException']) {
      process.on(event, (error) => {
        this.#stray ??= error;
      });
    }
  }

  async #load() {
    if (this.#shim !== undefined) return;
    this.#shim = await import(SHIM);
    for (const file of process.env.STOMPWIRE_MUTATION_TESTS.split(' ')) {
      this.#shim.beginFile(file);
      await import(pathToFileURL(resolve(file.replace(/\.ts$/, '.js'))).href);
    }
  }

  async #run({ suite, action }) {
    const outside = [];
    for (let one = suite; one !== undefined; one = one.parent) outside.unshift(one);
    for (const one of outside) {
      if (one.entered) continue;
      one.entered = true;
      for (const hook of one.beforeAll) await hook();
    }
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error('the test does not end')), TEST_MS);
    });
    try {
      for (const { beforeEach } of outside) for (const hook of beforeEach) await hook();
      await Promise.race([action({}), late]);
    } finally {
      clearTimeout(timer);
      for (const { afterEach } of outside.reverse()) for (const hook of afterEach) await hook();
    }
    // An error that nobody waits for comes a turn later.
    if (this.#stray !== undefined) throw this.#stray;
  }

  async dryRun() {
    await this.#load();
    const results = [];
    for (const test of this.#shim.tests) {
      const start = performance.now();
      this.#space.currentTestId = test.id;
      const result = { id: test.id, name: test.id, timeSpentMs: 0, status: 0 };
      try {
        await this.#run(test);
      } catch (error) {
        Object.assign(result, { status: 1, failureMessage: `${error?.stack ?? error}` });
      }
      this.#space.currentTestId = undefined;
      results.push({ ...result, timeSpentMs: performance.now() - start });
    }
    return { status: 'complete', tests: results, mutantCoverage: this.#space.mutantCoverage };
  }

  async mutantRun({ activeMutant, mutantActivation, testFilter, hitLimit }) {
    const space = this.#space;
    Object.assign(space, { hitCount: hitLimit === undefined ? undefined : 0, hitLimit });
    this.#stray = undefined;
    const result = { nrOfTests: 0 };
    const killed = (by, error) => {
      if (space.hitCount > space.hitLimit) return { status: 'timeout', reason: 'too many steps' };
      return { ...result, status: 'killed', killedBy: [by], failureMessage: `${error?.stack ?? error}` };
    };
    try {
      if (mutantActivation === 'static') space.activeMutant = activeMutant.id;
      try {
        await this.#load();
      } catch (error) {
        return killed('loading', error);
      }
      space.activeMutant = activeMutant.id;
      for (const test of this.#shim.tests) {
        if (testFilter !== undefined && !testFilter.includes(test.id)) continue;
        result.nrOfTests++;
        try {
          await this.#run(test);
        } catch (error) {
          return killed(test.id, error);
        }
      }
      if (space.hitCount > space.hitLimit) return { status: 'timeout', reason: 'too many steps' };
      return { ...result, status: 'survived' };
    } finally {
      space.activeMutant = undefined;
    }
  }
}

function make() {
  return new Runner('__stryker__');
}
make.inject = [];

export const strykerPlugins = [declareFactoryPlugin(PluginKind.TestRunner, 'plain', make)];
