import type { StompError } from '../errors.js';
import type { Timer } from '../transport/clock.js';
import { Connection } from '../transport/connection.js';
import type { Endpoint } from '../transport/endpoint.js';
import { Flow } from '../transport/flow.js';
import type { Handshake } from '../transport/handshake.js';
import { closedError } from '../transport/session-errors.js';
import type { Shared } from '../transport/shared.js';
import { backoffDelay, failuresAfterLoss } from './backoff.js';
import type { ResolvedOptions } from './resolve.js';
import { Watch } from './watch.js';

/**
 * A second connection, CONNECTED and idle, to a host other than the live one: for the moment of a loss. It is dialled
 * with delays of its own, never gives up, and disturbs nothing when it fails.
 */
export class Standby {
  readonly #options: ResolvedOptions;
  readonly #shared: Shared;
  readonly #onDialFailed: () => void;
  #candidates: readonly Endpoint[] = [];
  #next = 0;
  #failures = 0;
  #connectedAt = 0;
  #connection: Connection | undefined;
  #watch: Watch | undefined;
  #handshake: Handshake | undefined;
  #timer: Timer | undefined;
  #stopped = true;

  constructor(options: ResolvedOptions, shared: Shared, onDialFailed: () => void) {
    this.#options = options;
    this.#shared = shared;
    this.#onDialFailed = onDialFailed;
  }

  /** Keeps a connection to one of the hosts after `active`. Does nothing where there is no other host. */
  start(active: Endpoint): void {
    const { endpoints } = this.#options;
    const at = endpoints.indexOf(active);
    this.#candidates = [...endpoints.slice(at + 1), ...endpoints.slice(0, Math.max(at, 0))];
    this.#next = 0;
    this.#stopped = this.#candidates.length === 0;
    if (!this.#stopped && this.#connection === undefined && this.#handshake === undefined) this.#dial();
  }

  /** Gives the connection away, if there is one that lives; the rest is up to the caller. */
  take(): Connection | undefined {
    const connection = this.#connection?.alive ? this.#connection : undefined;
    this.#connection = undefined;
    this.#watch?.stop();
    this.#pause();
    return connection;
  }

  stop(): void {
    this.#pause();
    this.#watch?.stop();
    this.#connection?.destroy();
    this.#connection = undefined;
  }

  #pause(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#handshake?.abort(closedError());
    this.#handshake = undefined;
  }

  #dial(): void {
    const endpoint = this.#candidates[this.#next++ % this.#candidates.length]!;
    let made: Connection | undefined;
    const shared: Shared = {
      ...this.#shared,
      onOverdue: () => this.#onOverdue(made),
      flow: new Flow(this.#options.connection.maxBufferedBytes),
    };
    this.#handshake = Connection.dial(endpoint, shared, 0, {
      onConnected: (connection) => {
        made = connection;
        this.#onConnected(connection);
      },
      onFailed: () => {
        if (!this.#stopped) this.#onDialFailed();
        this.#onFailed(this.#failures + 1);
      },
      onEnd: (error) => this.#onEnd(error),
    });
    this.#handshake.setRef(false);
  }

  #onConnected(connection: Connection): void {
    this.#handshake = undefined;
    if (this.#stopped) {
      connection.destroy();
      return;
    }
    this.#connection = connection.unref();
    this.#connectedAt = this.#options.connection.clock.now();
    this.#watch = new Watch(this.#options, connection, this.#shared.tap);
  }

  /** Its own watch looks after it, until it is given away: then that of its new owner does. */
  #onOverdue(connection: Connection | undefined): boolean {
    if (connection !== this.#connection) return this.#shared.onOverdue?.() ?? false;
    this.#watch?.inquire();
    return true;
  }

  #onEnd(error: StompError | undefined): void {
    this.#watch?.stop();
    this.#connection = undefined;
    if (error === undefined) return;
    const aliveMs = this.#options.connection.clock.now() - this.#connectedAt;
    this.#onFailed(Math.max(1, failuresAfterLoss(this.#failures, aliveMs, this.#options.law.stableAfterMs)));
  }

  #onFailed(failures: number): void {
    this.#handshake = undefined;
    if (this.#stopped) return;
    this.#failures = failures;
    const { law, random, connection } = this.#options;
    this.#timer = connection.clock.schedule(backoffDelay(law, failures, random), () => this.#dial());
    this.#timer.unref();
  }
}
