import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** They take ten seconds and more. */
const LONG = [
  'simulation/simulation.test.ts',
  'audit/peer.test.ts',
  'audit/conformance.test.ts',
  'speed/guard.test.ts',
  'cli/send.test.ts',
  'cli/demo.test.ts',
  'cli/processes.test.ts',
];

/** By itself vitest begins with the largest files where it has not seen them run, and one core would wait at the end. */
class LongOnesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONG.findIndex((name) => moduleId.endsWith(`test/${name}`));
      return at < 0 ? LONG.length : at;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/brokers/**'],
    testTimeout: 20_000,
    // A process for each file costs as much again as what is in it. Nothing here replaces a module, and a test that looks
    // at a process starts one.
    isolate: false,
    // By default one core is left to whoever looks on; where there are two, that is half of the machine.
    maxWorkers: '100%',
    sequence: { sequencer: LongOnesFirst },
    coverage: {
      provider: 'v8',
      include: ['src/**'],
      reporter: ['text-summary', 'html'],
    },
  },
});
