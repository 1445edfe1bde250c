import type { StompError } from '../../src/errors.js';
import type { Frame } from '../../src/frame/index.js';
import type { ConnectOptions, Pool } from '../../src/pool/index.js';
import { CountingClock } from '../support/sim-clock.js';
import type { Publish, Send, Sub } from './facts.js';
import { checkLaw, type Law } from './law.js';
import type { Role, Wire } from './wire.js';
import type { World } from './world.js';

export type LifeOptions = Law & {
  readonly backup: boolean;
  readonly receiptTimeoutMs: number;
  readonly probeIntervalMs: number | undefined;
  readonly probeTimeoutMs: number;
  readonly leaveBlockedAfterMs: number;
  readonly refuseAfterMs: number;
  readonly maxOutboxBytes: number;
  readonly maxOutboxMessages: number;
  readonly resendHeader: string | undefined;
  readonly timeoutMs: number;
  readonly maxBufferedBytes: number;
  readonly maxSendBufferBytes: number;
};

/** More timers than that a pool does not need at any time: a dozen, and one for each ERROR that leaves publishes in doubt. */
const MAX_TIMERS = 32;
/** As docs/delivery.md has it: suspect after so many losses, refused after so many alone. */
const SUSPECT_AFTER = 3;
const REFUSE_AFTER = 3;
/** What one read may add beyond a bound. */
const ONE_READ = 65_536 + 4_096;

/** One pool from `connect` to its end: what was asked of it, and what must hold of it. */
export class Life {
  readonly world: World;
  readonly name: string;
  readonly options: LifeOptions;
  readonly clock: CountingClock;
  readonly abort = new AbortController();
  /** Every dial. */
  readonly wires: Wire[] = [];
  /** Those that were to be the live one, in the order in which they were that. */
  readonly mains: Wire[] = [];
  readonly publishes = new Map<string, Publish>();
  readonly sends = new Map<string, Send>();
  /** Sends within transactions. */
  transactedSends = 0;
  readonly subs = new Map<string, Sub>();
  pool: Pool | undefined;
  /** When its owner ended it. */
  askedAt: number | undefined;
  closedAt: number | undefined;
  error: StompError | undefined;
  #mostHeld = 0;
  #doubts: Array<() => void> = [];

  constructor(world: World, name: string, options: LifeOptions) {
    this.world = world;
    this.name = name;
    this.options = options;
    this.clock = new CountingClock(world.clock);
  }

  get now(): number {
    return this.world.clock.now();
  }

  get step(): number {
    return this.world.clock.step;
  }

  /** The connection that is live or being made, or was last. */
  get wire(): Wire | undefined {
    return this.mains.at(-1);
  }

  get over(): boolean {
    return this.closedAt !== undefined;
  }

  connectOptions(random: () => number): ConnectOptions {
    const { hosts, ...others } = this.options;
    return {
      ...others,
      hosts: hosts.map((host) => ({ host, login: this.name, passcode: 'secret' })),
      clock: this.clock,
      random,
      signal: this.abort.signal,
      dial: (endpoint, events) => this.world.dial(this, endpoint, events),
      observer: {
        onHandlerError: ({ error }) => {
          if ((error as Error).message !== 'a handler that throws') this.fail(`a handler failed: ${error}`);
        },
        onServerError: ({ error }) => this.world.onServerError(this, error.message),
        onUnroutable: ({ frame }) => this.#onUnroutable(frame),
        onWarning: ({ message }) => {
          if (!message.includes('it is blocked')) this.fail(`warning: ${message}`);
        },
      },
    };
  }

  #onUnroutable({ command, headers }: Frame): void {
    this.note(`unroutable ${command}`);
    const delivery = this.world.delivered.get(headers.get('message-id') ?? '');
    if (delivery === undefined || this.pool?.state !== 'disconnecting') return;
    delivery.told = this.pool.stats().heldBytes > this.options.maxBufferedBytes;
  }

  note(what: string): void {
    this.world.note(`${this.name} ${what}`);
  }

  fail(what: string): void {
    this.world.fail(`${this.name}: ${what}`);
  }

  /** The ids of the subscriptions that a new connection must serve. */
  subscriptionsNow(): string[] {
    return [...this.subs.values()]
      .filter(({ left, handle }) => !left && handle.state !== 'closed')
      .map(({ handle }) => handle.id);
  }

  /** Whether there may be a dial now, and what for. */
  roleOf(host: string): Role {
    const { wire, options } = this;
    if (this.over || this.pool?.state === 'closed') this.fail(`a dial of ${host} after the end`);
    if (wire === undefined || wire.droppedAt !== undefined) return 'main';
    const living = this.wires.filter(({ droppedAt }) => droppedAt === undefined);
    const same = living.find((other) => other.host === host && other.role !== 'side');
    if (same === undefined) {
      this.#checkStandby(wire, host, living);
      return 'standby';
    }
    if (living.some((other) => other.role === 'side' && other.host === host))
      this.fail(`looks at ${host} twice at once`);
    const { probeIntervalMs = Number.POSITIVE_INFINITY, probeTimeoutMs, receiptTimeoutMs } = options;
    const silent = this.now - same.heardAt >= probeIntervalMs + probeTimeoutMs - 1e-6;
    if (!silent && same.overdueMs < receiptTimeoutMs - 1e-6) this.fail(`a look at ${host} without a reason`);
    return 'side';
  }

  #checkStandby(main: Wire, host: string, living: readonly Wire[]): void {
    const { backup, initialReconnectDelayMs, jitter } = this.options;
    if (!backup) this.fail(`dialled ${host} while ${main.name} was there`);
    if (living.some(({ role }) => role === 'standby')) this.fail(`a second connection stands by, to ${host}`);
    const before = this.wires.findLast(({ role }) => role === 'standby');
    // A new live connection starts it anew.
    if (before?.droppedAt === undefined || before.dialAt < (main.takenAt ?? main.connectedAt ?? 0)) return;
    if (this.now < before.droppedAt + initialReconnectDelayMs * (1 - jitter) - 1e-6)
      this.fail(`dialled ${host} too early`);
  }

  /** The client has dropped this connection. */
  dropped(wire: Wire): void {
    if (wire.role !== 'main') return;
    const lost = [...this.publishes.values()].filter(
      (publish) => isUnconfirmed(publish) && publish.wires.includes(wire),
    );
    for (const publish of wire.wasEnded ? lost : []) {
      publish.losses++;
      publish.lostSince ??= this.now;
      if (lost.length > 1) continue;
      publish.lossesAlone++;
      publish.aloneSince ??= this.now;
    }
    if (this.askedAt !== undefined || this.over) return;
    const standby = this.wires.find(({ role, alive }) => role === 'standby' && alive);
    if (standby === undefined) return;
    standby.promote();
    this.mains.push(standby);
  }

  /** What was not confirmed goes out again in order, nothing overtakes it, and it is not too much at once. */
  checkOutbox(wire: Wire, publish: Publish): void {
    const others = [...this.publishes.values()].filter(isUnconfirmed);
    const skipped = others.filter(({ place, wires }) => place < publish.place && !wires.includes(wire));
    const sent = others.filter(({ wires }) => wires.length > 0);
    const together = sent.filter(({ wires }) => wires.includes(wire));
    // Who was settled in this very turn is known when it is over.
    this.#doubts.push(() =>
      this.#checkOutbox(
        wire,
        publish,
        [skipped, sent, together].map((list) => list.filter(isUnconfirmed)),
      ),
    );
  }

  #checkOutbox(wire: Wire, { key }: Publish, [skipped = [], sent = [], together = []]: Publish[][]): void {
    const { maxOutboxBytes, maxOutboxMessages } = this.options;
    const bytes = sent.reduce((sum, { body }) => sum + body.length, 0);
    const suspect = sent.find(({ losses }) => losses >= SUSPECT_AFTER);
    for (const other of skipped) this.fail(`publish ${key} overtook ${other.key} on ${wire.name}`);
    if (sent.length > maxOutboxMessages) this.fail(`${sent.length} publishes are unconfirmed`);
    if (sent.length > 1 && bytes > maxOutboxBytes) this.fail(`publishes of ${bytes} bytes are unconfirmed`);
    if (suspect !== undefined && together.length > 1)
      this.fail(`${together.length} publishes go together, although ${suspect.key} is a suspect`);
  }

  /** `code` is undefined for a publish that was resolved. */
  settled(publish: Publish, code: string | undefined): void {
    const { key, outcome } = publish;
    if (outcome !== 'pending') this.fail(`publish ${key} was settled twice: ${outcome}, ${code}`);
    publish.outcome = code ?? 'resolved';
    publish.settledStep = this.step;
    this.note(`publish ${key}: ${publish.outcome}`);
    const why = code === undefined ? this.#whyNotResolved(publish) : this.#whyNotRejected(publish, code);
    if (why !== undefined) this.fail(`publish ${key} is ${publish.outcome}, but ${why}`);
  }

  closed(error: StompError | undefined): void {
    if (this.closedAt !== undefined) this.fail('it was closed twice');
    this.closedAt = this.now;
    this.error = error;
    this.note(`closed: ${error?.code ?? 'on request'}`);
  }

  /** After each event. */
  checkBounds(): void {
    for (const doubt of this.#doubts.splice(0)) doubt();
    if (this.clock.armed > MAX_TIMERS) this.fail(`${this.clock.armed} timers`);
    const { pool, options } = this;
    if (pool === undefined) return;
    const { heldBytes, unconfirmed, unconfirmedBytes, waiting, observerErrors } = pool.stats();
    this.#mostHeld = Math.max(this.#mostHeld, heldBytes);
    if (heldBytes < 0 || unconfirmedBytes < 0 || unconfirmed < 0 || waiting < 0)
      this.fail('a count below zero');
    if (unconfirmed > options.maxOutboxMessages) this.fail(`${unconfirmed} publications in the outbox`);
    if (unconfirmed > 1 && unconfirmedBytes > options.maxOutboxBytes)
      this.fail(`${unconfirmedBytes} bytes in the outbox`);
    if (heldBytes > options.maxBufferedBytes + ONE_READ) this.fail(`${heldBytes} bytes are held`);
    if (observerErrors > 0) this.fail('the observer threw');
  }

  /** When all is over. */
  checkEnd(): void {
    for (const fault of checkLaw(this.options, this.mains, {
      askedAt: this.askedAt,
      closedAt: this.closedAt,
      error: this.error,
      now: this.now,
    }))
      this.fail(fault);
    if (!this.over) this.fail('it never ended');
    if (this.clock.armed > 0) this.fail(`${this.clock.armed} timers are left`);
    for (const wire of this.wires) if (wire.pipe?.over !== true) this.fail(`${wire.name} was left open`);
    for (const { key, outcome } of this.publishes.values())
      if (outcome === 'pending') this.fail(`publish ${key} was never settled`);
    for (const { handle } of this.subs.values())
      if (handle.state !== 'closed') this.fail(`subscription ${handle.id} was never closed`);
    if (this.pool !== undefined) this.#checkStats(this.pool);
  }

  #checkStats(pool: Pool): void {
    const { waiting, unconfirmed, unconfirmedBytes, heldBytes, subscriptions, lostSends, connections } =
      pool.stats();
    if (waiting !== 0) this.fail(`${waiting} errands are left`);
    if (unconfirmed !== 0 || unconfirmedBytes !== 0)
      this.fail(`${unconfirmed} publications of ${unconfirmedBytes} bytes are left`);
    if (heldBytes !== 0) this.fail(`${heldBytes} held bytes are left`);
    if (subscriptions !== 0) this.fail(`${subscriptions} subscriptions are left`);
    const made = this.mains.filter(({ connectedAt }) => connectedAt !== undefined).length;
    if (connections !== made) this.fail(`it counts ${connections} connections of ${made}`);
    const taken = this.wires.reduce((sum, wire) => sum + wire.takenSends, 0);
    const sends = this.sends.size + this.transactedSends;
    if (taken + lostSends !== sends)
      this.fail(`of ${sends} sends ${taken} were taken and ${lostSends} counted as lost`);
  }

  #whyNotResolved({ confirmed, refused }: Publish): string | undefined {
    if (confirmed === undefined) return 'no RECEIPT came for it';
    return refused ? 'the broker refused it' : undefined;
  }

  #whyNotRejected(publish: Publish, code: string): string | undefined {
    const { confirmed, wires, at, abortedAt } = publish;
    const { timeoutMs, maxBufferedBytes } = this.options;
    const waited = this.now - at >= timeoutMs - 1e-6 ? undefined : 'the time is not over';
    const isOnWire = this.wire?.alive && wires.includes(this.wire);
    const isUnsent = wires.length === 0 ? undefined : 'it was written';
    if (confirmed !== undefined && confirmed.step < this.step) return 'its RECEIPT came before';
    switch (code) {
      case 'STOMP_ABORTED':
        return abortedAt !== undefined || this.abort.signal.aborted ? isUnsent : 'nobody aborted it';
      case 'STOMP_SERVER_ERROR':
        return publish.refused ? undefined : 'the broker did not refuse it';
      case 'STOMP_READ_BUFFER_FULL':
        return this.#mostHeld > maxBufferedBytes - ONE_READ ? undefined : 'little was held';
      case 'STOMP_PUBLISH_REFUSED':
        return this.#whyNotRefused(publish);
      case 'STOMP_OUTCOME_UNKNOWN':
        if (this.#ends || abortedAt !== undefined || this.#mostHeld > maxBufferedBytes - ONE_READ)
          return undefined;
        return isOnWire ? 'its connection lives' : waited;
      case 'STOMP_NOT_CONNECTED':
        return isOnWire ? 'its connection lives' : (waited ?? isUnsent);
      case 'STOMP_OUTBOX_FULL':
        return waited ?? isUnsent;
      case 'STOMP_CLOSED':
      case 'STOMP_POOL_EXHAUSTED':
        return this.#ends ? isUnsent : 'the pool goes on';
      default:
        return 'there is no reason for it';
    }
  }

  /** Three connections that ended under it alone; and with a broker down, proof or time. */
  #whyNotRefused({
    key,
    destination,
    lossesAlone,
    lostSince = 0,
    aloneSince = 0,
  }: Publish): string | undefined {
    if (lossesAlone < REFUSE_AFTER) return `only ${lossesAlone} were lost with it alone`;
    if (this.now - aloneSince >= this.options.refuseAfterMs - 1e-6) return undefined;
    const works = [...this.publishes.values()].some(
      (other) =>
        other.key !== key && other.destination === destination && (other.confirmed?.at ?? -1) >= lostSince,
    );
    if (works) return undefined;
    const failed = this.wires.find(
      ({ role, connectedAt, droppedAt = -1, wasEnded }) =>
        connectedAt === undefined &&
        droppedAt >= lostSince &&
        (role === 'main' || (role === 'standby' && wasEnded)),
    );
    return failed && `${failed.name} failed, and nothing shows that ${destination} works`;
  }

  /** It is at its end, or on the way. */
  get #ends(): boolean {
    return this.over || this.askedAt !== undefined || this.pool === undefined || this.pool.state === 'closed';
  }
}

function isUnconfirmed({ outcome, confirmed }: Publish): boolean {
  return outcome === 'pending' && confirmed === undefined;
}
