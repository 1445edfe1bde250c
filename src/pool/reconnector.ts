import { type FailedAttempt, PoolError, type StompError } from '../errors.js';
import type { Timer } from '../transport/clock.js';
import { Connection } from '../transport/connection.js';
import type { Endpoint } from '../transport/endpoint.js';
import type { Handshake } from '../transport/handshake.js';
import { closedError } from '../transport/session-errors.js';
import type { Shared } from '../transport/shared.js';
import { backoffDelay, mayRetry } from './backoff.js';
import { Failures } from './failures.js';
import type { ResolvedOptions } from './resolve.js';
import { retryAfter } from './retry.js';
import { Rotation } from './rotation.js';
import { Standby } from './standby.js';
import { Watch } from './watch.js';

export interface ReconnectorEvents {
  onConnected(connection: Connection): void;
  /** The connection is lost; another will be tried. */
  onLost(error: StompError): void;
  /** A host could not be reached, by a dial for the live connection or for the one that stands by. */
  onDialFailed(): void;
  /** The end: no more dials. Undefined when the connection ended on request. */
  onOver(error: StompError | undefined): void;
}

/** How many failed attempts are remembered for the error of giving up. */
const REMEMBERED_ATTEMPTS = 100;

/**
 * Dials, waits and dials again, as the law says (docs/options.md); it decides nothing by itself.
 *
 *   waiting --delay over--> dialling --CONNECTED--> connected
 *      ^______________________|__failed_______________| lost
 */
export class Reconnector {
  readonly #options: ResolvedOptions;
  readonly #shared: Shared;
  readonly #events: ReconnectorEvents;
  readonly #rotation: Rotation;
  #state: 'waiting' | 'dialling' | 'connected' | 'over' = 'waiting';
  readonly #failures: Failures;
  /** Dials since the last stable connection. */
  #dials = 0;
  #everConnected = false;
  #connectedAt = 0;
  #attempts: FailedAttempt[] = [];
  /** Until the next dial, which is then due at `#dueAt`. */
  #timer: Timer | undefined;
  #dueAt = 0;
  /** Of the dial under way or the live connection. */
  #current: Endpoint | undefined;
  #handshake: Handshake | undefined;
  #connection: Connection | undefined;
  #keepsProcess = true;
  readonly #standby: Standby | undefined;
  #watch: Watch | undefined;

  constructor(options: ResolvedOptions, shared: Shared, events: ReconnectorEvents) {
    this.#options = options;
    this.#shared = { ...shared, onOverdue: () => this.#onOverdue() };
    this.#events = events;
    this.#failures = new Failures(options.endpoints.length, options.law.stableAfterMs);
    this.#rotation = new Rotation(options.endpoints, options);
    this.#standby = options.backup ? new Standby(options, this.#shared, events.onDialFailed) : undefined;
  }

  /** Where it is connected to, or dials, or will dial next. */
  get endpoint(): Endpoint {
    return this.#current ?? this.#rotation.peek();
  }

  start(): void {
    this.#dial();
  }

  /** No more dials; a dial under way is given up with `error`. The connection is the caller's to end. */
  stop(error: StompError): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#handshake?.abort(error);
    this.#watch?.stop();
    this.#standby?.stop();
  }

  setRef(keepsProcess: boolean): void {
    this.#keepsProcess = keepsProcess;
    // A timer that was let go cannot be taken back: another takes its place.
    if (this.#timer !== undefined) this.#wait(this.#dueAt - this.#options.connection.clock.now());
    this.#handshake?.setRef(keepsProcess);
    this.#applyRef(this.#connection);
  }

  #dial(): void {
    this.#timer = undefined;
    this.#state = 'dialling';
    const endpoint = this.#rotation.next();
    this.#current = endpoint;
    const attempt = ++this.#dials;
    this.#handshake = Connection.dial(endpoint, this.#shared, attempt, {
      onConnected: (connection) => this.#onConnected(connection),
      onFailed: (error) => this.#onFailed({ endpoint: endpoint.name, attempt, error }),
      onEnd: (error) => this.#onEnd(error),
    });
    if (this.#isOver()) this.#handshake.abort(closedError());
    else if (!this.#keepsProcess) this.#handshake.setRef(false);
  }

  #onConnected(connection: Connection): void {
    this.#handshake = undefined;
    if (this.#state === 'over') {
      connection.destroy();
      return;
    }
    this.#state = 'connected';
    this.#everConnected = true;
    this.#connectedAt = this.#options.connection.clock.now();
    this.#connection = connection;
    this.#watch = new Watch(this.#options, connection, this.#shared.tap);
    this.#events.onConnected(connection);
    if (this.#connection === connection) this.#standby?.start(connection.endpoint);
  }

  /** The connection that stood by takes the place of the lost one, in the same turn. */
  #takeOver(connection: Connection): void {
    connection.handOver(this.#shared.flow, (error) => this.#onEnd(error));
    this.#rotation.took(connection.endpoint);
    this.#current = connection.endpoint;
    this.#dials++;
    this.#applyRef(connection);
    this.#onConnected(connection);
  }

  /** A RECEIPT is overdue: whether the connection is given up for that is for the watch to find out. */
  #onOverdue(): boolean {
    this.#watch?.inquire();
    return true;
  }

  #onFailed(attempt: FailedAttempt): void {
    this.#handshake = undefined;
    this.#current = undefined;
    if (this.#state === 'over') return;
    this.#failures.dialFailed();
    this.#remember(attempt);
    this.#events.onDialFailed();
    this.#next(attempt.error);
  }

  #onEnd(error: StompError | undefined): void {
    const endpoint = this.endpoint.name;
    this.#watch?.stop();
    this.#connection = undefined;
    this.#current = undefined;
    if (this.#state === 'over' || error === undefined) {
      this.#state = 'over';
      this.#events.onOver(undefined);
      return;
    }
    const { clock } = this.#options.connection;
    this.#failures.connectionLost(clock.now() - this.#connectedAt);
    if (this.#failures.count === 0) this.#forget();
    else this.#remember({ endpoint, attempt: this.#dials, error });
    this.#events.onLost(error);
    const standby = this.#isOver() ? undefined : this.#standby?.take();
    if (standby === undefined) this.#next(error);
    else this.#takeOver(standby);
  }

  /** Waits for the next dial, or gives up. */
  #next(error: StompError): void {
    if (this.#isOver()) return;
    const { law, endpoints, random } = this.#options;
    const again = mayRetry(law, this.#failures.count, this.#everConnected, endpoints.length);
    if (!again || retryAfter(error) === 'give-up') {
      this.#giveUp();
      return;
    }
    const delayMs = backoffDelay(law, this.#failures.steps, random);
    this.#state = 'waiting';
    const endpoint = this.#rotation.peek().name;
    this.#shared.tap.emit('onReconnectScheduled', { endpoint, attempt: this.#dials + 1, delayMs, error });
    if (this.#isOver()) return;
    // After a failure through the clock even if the delay is 0: failures may follow each other within one turn.
    if (this.#failures.count === 0) this.#dial();
    else this.#wait(delayMs);
  }

  #wait(delayMs: number): void {
    const { clock } = this.#options.connection;
    this.#timer?.cancel();
    this.#dueAt = clock.now() + delayMs;
    this.#timer = clock.schedule(delayMs, () => this.#dial());
    if (!this.#keepsProcess) this.#timer.unref();
  }

  #giveUp(): void {
    this.#state = 'over';
    this.#standby?.stop();
    const tried = this.#attempts.map(
      ({ endpoint, attempt, error }) => `${attempt}. ${endpoint} (${error.code})`,
    );
    const message = `gave up after ${this.#failures.count} failed attempts: ${tried.slice(-10).join(', ')}`;
    this.#events.onOver(new PoolError('STOMP_POOL_EXHAUSTED', message, this.#attempts));
  }

  /** An observer may end the pool within any event. A call, since the compiler takes the state for unchanged. */
  #isOver(): boolean {
    return this.#state === 'over';
  }

  #remember(attempt: FailedAttempt): void {
    this.#attempts.push(Object.freeze(attempt));
    if (this.#attempts.length > REMEMBERED_ATTEMPTS) this.#attempts.shift();
  }

  #forget(): void {
    this.#attempts = [];
    this.#dials = 0;
  }

  #applyRef(connection: Connection | undefined): void {
    if (this.#keepsProcess) connection?.ref();
    else connection?.unref();
  }
}
