import type { Frame, FrameLimits, HeadersInit } from '../frame/index.js';
import { type BrokerClock, systemClock } from './clock.js';
import type { BrokerConnection } from './connection.js';
import type { BrokerSink } from './fault-pipe.js';
import { FaultScript } from './faults.js';
import type { Host } from './host.js';
import { Journal } from './journal.js';
import { type BrokerLimits, resolveBrokerLimits } from './limits.js';
import { type Message, makeMessage, type Taker } from './message.js';
import type { BrokerObserver } from './observer.js';
import { admits, type BrokerCoreOptions, type BrokerLogins, checkCoreOptions } from './options.js';
import { ReceivedFrames } from './record.js';
import { BrokerSession } from './session.js';
import { BrokerStore, type QueueStats } from './store.js';
import { isTopic } from './subscription.js';

/** What a crash does. */
export interface CrashOptions {
  /** With `storeDelayMs`: what was not stored yet is lost, or was stored just before. Default `lose`. */
  readonly unstored?: 'lose' | 'keep' | undefined;
}

/** Counts of one broker. */
export interface BrokerStats {
  /** Open now, and accepted ever. */
  readonly connections: number;
  readonly accepted: number;
  readonly framesIn: number;
  readonly framesOut: number;
  readonly observerErrors: number;
  /** By destination; of the whole store. */
  readonly queues: Record<string, QueueStats>;
}

/**
 * A broker without sockets: opens a session for each connection that somebody brings, and routes between them.
 * `Broker` puts it on a port; a simulation can run it in virtual time.
 */
export class BrokerCore implements Host {
  readonly name: string;
  readonly store: BrokerStore;
  readonly faults: FaultScript;
  readonly limits: BrokerLimits;
  /** @internal */
  readonly frameLimits: FrameLimits;
  /** @internal */
  readonly clock: BrokerClock;
  /** @internal */
  readonly journal: Journal;
  /** The last frames that came. */
  readonly record: ReceivedFrames;
  /** @internal */
  readonly observer: BrokerObserver;
  /** @internal */
  readonly taker: Taker;
  /** @internal */
  readonly count = { accepted: 0, framesIn: 0, framesOut: 0, observerErrors: 0 };
  readonly #logins: BrokerLogins | undefined;
  readonly #sessions = new Map<number, BrokerSession>();

  /** Throws ConfigError for an option that cannot be meant. */
  constructor(options: BrokerCoreOptions = {}) {
    checkCoreOptions(options);
    const { broker, frame } = resolveBrokerLimits(options.limits);
    this.limits = broker;
    this.frameLimits = frame;
    this.name = options.name ?? Math.random().toString(36).slice(2, 10);
    this.clock = options.clock ?? systemClock;
    this.store = options.store ?? new BrokerStore();
    this.journal = new Journal(this.clock, options.storeDelayMs ?? 0);
    this.record = new ReceivedFrames(this.clock, broker.maxReceivedFrames, broker.maxReceivedBytes);
    this.observer = options.observer ?? {};
    this.taker = { owner: this, keepVolatile: options.volatile === 'keep' };
    this.#logins = options.logins;
    this.faults = new FaultScript(options.faults, (cleared) => {
      for (const session of this.sessions) session.faultChanged(cleared);
    });
  }

  /** The open connections, oldest first. */
  get sessions(): BrokerSession[] {
    return [...this.#sessions.values()];
  }

  /** A connection came in. Its bytes go to the session's `receive`, the session's to `sink`. `peer` is for people. */
  open(sink: BrokerSink, peer = 'unknown'): BrokerSession {
    const id = ++this.count.accepted;
    const session = new BrokerSession(this, sink, id, peer, this.faults.take());
    const full = this.#sessions.size >= this.limits.maxConnections;
    this.#sessions.set(id, session);
    this.watch('onOpen', { connection: id, peer });
    session.begin(full ? 'too many connections' : undefined);
    return session;
  }

  /** Puts a message into a destination, as if a client had sent it. Throws FrameError for headers 1.0 cannot carry. */
  publish(destination: string, body: string | Uint8Array = '', headers: HeadersInit = {}): void {
    this.route(makeMessage(destination, body, headers, this.taker));
  }

  /** Drops every connection at once; what they had not acknowledged goes back to its queue, redelivered. */
  cut(): void {
    this.store.quietly(() => this.#cutAll());
  }

  /** Stores what is not stored yet and ends every connection after what was written to it. */
  close(): void {
    this.journal.flush();
    for (const session of this.sessions) session.close();
    this.record.end();
  }

  /** A crash: connections are gone without a word, and so is what was only in memory (see `volatile`). */
  kill({ unstored = 'lose' }: CrashOptions = {}): void {
    this.store.quietly(() => {
      this.#cutAll();
      this.journal.crash(this.store, unstored === 'keep');
      this.store.lose(this);
    });
    this.record.end();
  }

  stats(): BrokerStats {
    const connections = this.#sessions.size;
    return { connections, ...this.count, queues: this.store.queues() };
  }

  /** @internal Why a CONNECT is refused, if it is. */
  refuseConnect({ headers }: Frame): string | undefined {
    const versions = headers.get('accept-version');
    if (versions !== undefined && !versions.split(',').some((version) => version.trim() === '1.0'))
      return 'this broker speaks STOMP 1.0';
    if (admits(this.#logins, headers.get('login'), headers.get('passcode'))) return undefined;
    return 'login or passcode is wrong';
  }

  /** @internal Why so many messages, of so many bytes, cannot be taken. */
  refuseLoad(destination: string, messages: number, bytes: number): string | undefined {
    if (isTopic(destination)) return undefined;
    const { maxQueueMessages, maxQueueBytes } = this.limits;
    const queue = this.store.find(destination);
    const tooMany = (queue?.length ?? 0) + messages > maxQueueMessages;
    if (!tooMany && (queue?.byteLength ?? 0) + bytes <= maxQueueBytes) return undefined;
    return `the queue ${destination} is full`;
  }

  /** @internal To the queue it is for, or to all subscribers of its topic. */
  route(message: Message): void {
    if (isTopic(message.destination)) {
      this.store.publish(message);
      return;
    }
    const entry = this.store.entry(message);
    this.journal.added(entry);
    this.store.queue(message.destination).put(entry);
  }

  /** @internal */
  forget({ id: connection, peer, bytesIn, bytesOut }: BrokerConnection): void {
    if (!this.#sessions.delete(connection)) return;
    this.watch('onClose', { connection, peer, bytesIn, bytesOut });
  }

  /** @internal Tells the observer; what it throws is counted and goes no further. */
  watch<Name extends keyof BrokerObserver>(
    name: Name,
    event: Parameters<NonNullable<BrokerObserver[Name]>>[0],
  ): void {
    try {
      (this.observer[name] as ((event: unknown) => void) | undefined)?.call(this.observer, event);
    } catch {
      this.count.observerErrors++;
    }
  }

  #cutAll(): void {
    const sessions = this.sessions;
    for (const session of sessions) session.mute();
    for (const session of sessions) session.cut();
  }
}
