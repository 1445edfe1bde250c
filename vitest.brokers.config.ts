import { defineConfig } from 'vitest/config';

// The tests against real brokers. `npm test` leaves them out; `npm run test:brokers` runs them.
export default defineConfig({
  test: {
    include: ['test/brokers/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    teardownTimeout: 30_000,
    reporters: ['verbose'],
  },
});
