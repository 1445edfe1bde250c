import { ConfigError, FrameError } from '../errors.js';

/** What a parser accepts before it refuses with STOMP_FRAME_TOO_LARGE. All are on by default. */
export interface FrameLimits {
  /** Bytes of the command line without its EOL. Default 256. */
  readonly maxCommandBytes: number;
  /** Bytes of one header line without its EOL. Default 65,536. */
  readonly maxHeaderLineBytes: number;
  /** Header lines in one frame. Default 1,000. */
  readonly maxHeaders: number;
  /** Bytes of one body. Default 134,217,728 (what RabbitMQ takes at most; ActiveMQ takes 100 MiB). */
  readonly maxBodyBytes: number;
}

/** What holds where nothing else is said. */
export const DEFAULT_LIMITS: FrameLimits = Object.freeze({
  maxCommandBytes: 256,
  maxHeaderLineBytes: 65_536,
  maxHeaders: 1_000,
  maxBodyBytes: 134_217_728,
});

/** Fills in the defaults; each limit is a whole number from 1 to 2^31 - 1 (a body may be limited to 0). */
export function resolveLimits(limits: Partial<FrameLimits> = {}): FrameLimits {
  const resolved = { ...DEFAULT_LIMITS };
  for (const [name, value] of Object.entries(limits)) {
    if (value === undefined) continue;
    const min = name === 'maxBodyBytes' ? 0 : 1;
    if (!Object.hasOwn(DEFAULT_LIMITS, name)) {
      throw new ConfigError('STOMP_CONFIG_UNKNOWN_KEY', {
        option: `limits.${name}`,
        expected: `one of ${Object.keys(DEFAULT_LIMITS).join(', ')}`,
      });
    }
    if (!Number.isInteger(value) || value < min || value > 2_147_483_647) {
      throw new ConfigError('STOMP_CONFIG_INVALID', {
        option: `limits.${name}`,
        expected: `a whole number from ${min} to 2147483647`,
        received: String(value),
      });
    }
    resolved[name as keyof FrameLimits] = value;
  }
  return Object.freeze(resolved);
}

/** The error for what is over a limit. */
export function tooLarge(
  limits: FrameLimits,
  name: keyof FrameLimits,
  actual: number,
  offset: number,
  state: 'command' | 'headers' | 'body',
): FrameError {
  const max = limits[name];
  const limit = { name, max, actual };
  return new FrameError('STOMP_FRAME_TOO_LARGE', `${name} is ${max}, and this frame has ${actual}`, {
    offset,
    state,
    limit,
  });
}
