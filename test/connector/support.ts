import type { ConfigError } from '../../src/errors.js';

/** What an action throws; it is an error that it throws nothing. */
export function thrownBy(action: () => unknown): ConfigError {
  try {
    action();
  } catch (error) {
    return error as ConfigError;
  }
  throw new Error('nothing was thrown');
}

/** The smallest file in single-host mode, with more lines after it (from line 4). */
export const single = (...lines: string[]): string =>
  ['plugin.stomp.host = stomp1', 'plugin.stomp.user = me', 'plugin.stomp.password = secret', ...lines].join(
    '\n',
  );

/** The smallest pool, with more lines after it (from line 5). */
export const pool = (...lines: string[]): string =>
  [
    'plugin.stomp.pool.size = 1',
    'plugin.stomp.pool.host1 = stomp1',
    'plugin.stomp.pool.user1 = me',
    'plugin.stomp.pool.password1 = secret',
    ...lines,
  ].join('\n');
