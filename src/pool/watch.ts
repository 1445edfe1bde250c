import { TransportError } from '../errors.js';
import type { Timer } from '../transport/clock.js';
import { Connection } from '../transport/connection.js';
import { Flow } from '../transport/flow.js';
import type { Handshake } from '../transport/handshake.js';
import { closedError } from '../transport/session-errors.js';
import { Tap } from '../transport/tap.js';
import { EndWaiter } from '../transport/waiters.js';
import type { ResolvedOptions } from './resolve.js';

/**
 * Finds out whether the broker at the other end still lives: STOMP 1.0 has no heart-beat.
 *
 * When nothing was heard for `probeIntervalMs`, it asks for a sign of life. Without one within `probeTimeoutMs`, or
 * when a RECEIPT is overdue, the broker hangs, or it is blocked (a memory alarm, a full store) and reads no more from
 * this connection. From inside the two look the same, so it is dialled from the side: if that gets CONNECTED, it
 * lives. Then it is stayed with, but not for ever: a connection that the network has lost looks like that, too.
 */
export class Watch {
  readonly #options: ResolvedOptions;
  readonly #connection: Connection;
  readonly #tap: Tap;
  #timer: Timer | undefined;
  #side: Handshake | undefined;
  #heard = 0;
  /** A probe is unanswered. */
  #asked = false;
  #stopped = false;
  /** Since when it looks blocked, and how much had been heard by then. */
  #blocked: { readonly since: number; readonly heard: number } | undefined;

  constructor(options: ResolvedOptions, connection: Connection, tap: Tap) {
    this.#options = options;
    this.#connection = connection;
    this.#tap = tap;
    this.#listen();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#side?.abort(closedError());
  }

  /** Something is overdue: looks at the broker from the side, and leaves it when it does not answer. */
  inquire(): void {
    if (this.#stopped || this.#side !== undefined) return;
    this.#timer?.cancel();
    const { connection, probeTimeoutMs } = this.#options;
    const options = {
      ...connection,
      connectTimeoutMs: Math.min(connection.connectTimeoutMs, probeTimeoutMs),
    };
    const shared = { options, tap: new Tap(undefined), flow: new Flow(connection.maxBufferedBytes) };
    const heard = this.#bytesIn;
    this.#side = Connection.dial(this.#connection.endpoint, shared, 1, {
      onConnected: (side) => {
        side.destroy();
        this.#concluded(heard, true);
      },
      onFailed: () => this.#concluded(heard, false),
    });
    this.#side.setRef(false);
  }

  get #bytesIn(): number {
    return this.#connection.stats().bytesIn;
  }

  #listen(): void {
    const { probeIntervalMs } = this.#options;
    if (probeIntervalMs === undefined || this.#stopped) return;
    this.#heard = this.#bytesIn;
    this.#arm(probeIntervalMs, () => {
      // What we do not read ourselves cannot be heard.
      if (this.#bytesIn !== this.#heard || this.#connection.flow.isPaused) this.#listen();
      else this.#probe();
    });
  }

  #probe(): void {
    // One at a time: a broker that is blocked for long would be owed ever more answers.
    if (!this.#asked) {
      this.#asked = true;
      const answered = new EndWaiter(() => {
        this.#asked = false;
      });
      this.#connection.conversation.probe(answered);
    }
    this.#arm(this.#options.probeTimeoutMs, () => {
      if (this.#bytesIn !== this.#heard) this.#listen();
      else this.inquire();
    });
  }

  #concluded(heard: number, lives: boolean): void {
    this.#side = undefined;
    if (this.#stopped) return;
    const { name } = this.#connection.endpoint;
    if (this.#bytesIn !== heard) {
      this.#listen();
    } else if (lives && this.#staysBlocked(heard)) {
      this.#tap.warn(
        `${name} answers a new connection, but not this one: it is blocked, perhaps out of memory or disk`,
      );
      this.#listen();
    } else {
      const what = lives
        ? 'it is blocked: it answers a new connection, but not this one'
        : 'it gives no sign of life';
      this.#connection.conversation.lose(new TransportError('STOMP_NO_ANSWER', name, what));
    }
  }

  #staysBlocked(heard: number): boolean {
    const { leaveBlockedAfterMs, connection } = this.#options;
    const now = connection.clock.now();
    if (this.#blocked?.heard !== heard) this.#blocked = { since: now, heard };
    return now - this.#blocked.since < leaveBlockedAfterMs;
  }

  #arm(delayMs: number, callback: () => void): void {
    this.#timer = this.#options.connection.clock.schedule(delayMs, callback);
    this.#timer.unref();
  }
}
