import { ConfigError } from '../errors.js';

/**
 * Trouble to order, as plain data; every field is optional and they combine. Byte counts are of one connection's
 * STOMP stream, from its first byte.
 */
export interface Fault {
  /** Close right after the accept, without a byte. */
  readonly refuse?: boolean | undefined;
  /**
   * Read, and never answer: from the `start`, or after `connected`. What comes is recorded and not carried out;
   * nothing is delivered.
   */
  readonly silent?: 'start' | 'connected' | undefined;
  /** Answer CONNECT with an ERROR that says this, and close. */
  readonly errorOnConnect?: string | undefined;
  /** Answer a command with an ERROR in place of carrying it out. */
  readonly errorOn?:
    | {
        readonly command: string;
        readonly message: string;
        /** Close after it. Default false. */
        readonly close?: boolean | undefined;
        /** Let so many of these commands pass first. Default 0. */
        readonly after?: number | undefined;
      }
    | undefined;
  /**
   * Cut without a word once so many bytes came `in` (those are read, then a reset) or went `out` (exactly those
   * are sent, then the end of the stream).
   */
  readonly cutAfterBytes?:
    | { readonly in?: number | undefined; readonly out?: number | undefined }
    | undefined;
  /** Send `bytes` at a time, one lot every `everyMs`. */
  readonly dribble?: { readonly bytes: number; readonly everyMs: number } | undefined;
  /** Hold each RECEIPT back for so long. Their order stays. */
  readonly delayReceiptsMs?: number | undefined;
  /** Carry out and never send a RECEIPT. */
  readonly dropReceipts?: boolean | undefined;
  /** Put `bytes` into what is sent, once `afterBytes` (default 0) have gone out. */
  readonly garbage?:
    | { readonly bytes: string | Uint8Array; readonly afterBytes?: number | undefined }
    | undefined;
}

export const NO_FAULT: Fault = Object.freeze({});

const NAMES = [
  'refuse',
  'silent',
  'errorOnConnect',
  'errorOn',
  'cutAfterBytes',
  'dribble',
  'delayReceiptsMs',
  'dropReceipts',
  'garbage',
];

/** What is ordered for whom. Connections are told when it changes. */
export class FaultScript {
  readonly #changed: (cleared: boolean) => void;
  #all: Fault = NO_FAULT;
  readonly #next: Fault[] = [];

  /** @internal */
  constructor(all: Fault | undefined, changed: (cleared: boolean) => void) {
    this.#changed = changed;
    if (all !== undefined) this.#all = checked(all);
  }

  /** Trouble for the next connections that are accepted: one, or `times` (Infinity is `all`). Orders line up. */
  next(fault: Fault, times = 1): void {
    checked(fault);
    if (!Number.isInteger(times) || times < 1 || times > 1_000_000) {
      throw new ConfigError('STOMP_CONFIG_INVALID', {
        option: 'faults.next times',
        expected: 'a whole number from 1 to 1000000',
        received: String(times),
      });
    }
    for (let i = 0; i < times; i++) this.#next.push(fault);
  }

  /** Trouble for every connection, open ones too, in place of what was ordered for all before. */
  all(fault: Fault): void {
    this.#all = checked(fault);
    this.#changed(false);
  }

  /** Ends all trouble: what is for all, what lines up, and what open connections were given. */
  clear(): void {
    this.#all = NO_FAULT;
    this.#next.length = 0;
    this.#changed(true);
  }

  /** @internal What is ordered for every connection. */
  get common(): Fault {
    return this.#all;
  }

  /** @internal The order for a connection that is just accepted. */
  take(): Fault {
    return this.#next.shift() ?? NO_FAULT;
  }
}

function checked(fault: Fault): Fault {
  for (const name of Object.keys(fault)) {
    if (NAMES.includes(name)) continue;
    const expected = `one of ${NAMES.join(', ')}`;
    throw new ConfigError('STOMP_CONFIG_UNKNOWN_KEY', { option: `fault.${name}`, expected });
  }
  if (![undefined, 'start', 'connected'].includes(fault.silent)) {
    const received = String(fault.silent);
    const expected = "'start' or 'connected'";
    throw new ConfigError('STOMP_CONFIG_INVALID', { option: 'fault.silent', expected, received });
  }
  const { dribble, cutAfterBytes = {}, garbage, errorOn, delayReceiptsMs } = fault;
  atLeast(1, 'dribble.bytes', dribble?.bytes);
  atLeast(0, 'dribble.everyMs', dribble?.everyMs);
  atLeast(0, 'cutAfterBytes.in', cutAfterBytes.in);
  atLeast(0, 'cutAfterBytes.out', cutAfterBytes.out);
  atLeast(0, 'garbage.afterBytes', garbage?.afterBytes);
  atLeast(0, 'errorOn.after', errorOn?.after);
  atLeast(0, 'delayReceiptsMs', delayReceiptsMs);
  return fault;
}

function atLeast(min: number, name: string, value: number | undefined): void {
  if (value === undefined || (Number.isFinite(value) && value >= min)) return;
  throw new ConfigError('STOMP_CONFIG_INVALID', {
    option: `fault.${name}`,
    expected: `a number of ${min} or more`,
    received: String(value),
  });
}
