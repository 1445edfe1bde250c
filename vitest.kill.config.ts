import { defineConfig } from 'vitest/config';

// Brokers killed under load: `npm run kill`, which sets STOMPWIRE_KILL.
export default defineConfig({
  test: {
    include: ['test/kill/whole.kill.ts'],
    fileParallelism: false,
    testTimeout: 3_600_000,
    hookTimeout: 180_000,
    teardownTimeout: 30_000,
    reporters: ['dot'],
    disableConsoleIntercept: true,
  },
});
