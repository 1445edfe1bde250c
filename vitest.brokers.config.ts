import { defineConfig } from 'vitest/config';

// The tests against real brokers. `npm test` leaves them out; `npm run test:brokers` runs them.
export default defineConfig({
  test: {
    include: ['test/brokers/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    teardownTimeout: 30_000,
    // Other people's programs, real time and a busy machine: once more before it counts.
    retry: 1,
    reporters: ['verbose'],
  },
});
