import type { Settings } from '../connector/settings.js';
import type { StompError } from '../errors.js';
import type { Observer } from '../frame/observer.js';
import { Pool } from '../pool/pool.js';
import type { World } from './command.js';
import { leaveOn } from './leave.js';
import { printable, type Terminal } from './terminal.js';

/** After an interrupt, how long the last words to the broker may take. */
const LEAVE_MS = 2_000;

/** What went wrong on the way, although the pool goes on. */
export interface Trouble {
  /** Connections lost. */
  losses: number;
  /** The last ERROR of a broker. */
  refusal: StompError | undefined;
  /**
   * Resolves with an ERROR that nothing followed for a while: not the end of the connection, as with ActiveMQ, and
   * no RECEIPT. RabbitMQ refuses a destination that way, and whoever waits for the RECEIPT would wait on.
   */
  readonly unanswered: Promise<StompError>;
}

/** How long an ERROR may stand alone. */
const UNANSWERED_MS = 2_000;

/**
 * Connects, does the work and leaves, whatever happens. `work` should end soon after the signal is aborted; the pool
 * is destroyed then when it takes too long.
 */
export async function withPool<T>(
  settings: Settings,
  { terminal, signal }: World,
  work: (pool: Pool, trouble: Trouble) => Promise<T>,
): Promise<T> {
  const leave = leaveOn(signal);
  const { trouble, observer, done } = watch(terminal);
  const options = { signal: leave.signal, observer };
  let pool: Pool | undefined;
  try {
    pool = await Pool.connect(settings.connect, options);
    leave.connected(LEAVE_MS);
    const result = await work(pool, trouble);
    await pool.disconnect();
    return result;
  } finally {
    leave.done();
    done();
    pool?.destroy();
  }
}

/** A command that lives on through a failover says so, on stderr. */
function watch(terminal: Terminal): { trouble: Trouble; observer: Observer; done(): void } {
  let tell: (error: StompError) => void;
  let timer: NodeJS.Timeout | undefined;
  let lost = false;
  const unanswered = new Promise<StompError>((resolve) => {
    tell = resolve;
  });
  const trouble: Trouble = { losses: 0, refusal: undefined, unanswered };
  const observer: Observer = {
    onServerError: ({ error }) => {
      trouble.refusal = error;
      timer ??= setTimeout(() => tell(error), UNANSWERED_MS);
    },
    onDisconnect: ({ error }) => {
      clearTimeout(timer);
      timer = undefined;
      if (error === undefined) return;
      trouble.losses++;
      lost = true;
      terminal.note(`stompwire: lost the connection: ${printable(error.message)}`);
    },
    onConnected: ({ endpoint }) => {
      if (lost) terminal.note(`stompwire: connected again, to ${endpoint}`);
      lost = false;
    },
  };
  return { trouble, observer, done: () => clearTimeout(timer) };
}
