import type { Frame, FrameLimits } from '../frame/index.js';
import type { BrokerClock } from './clock.js';
import type { BrokerConnection } from './connection.js';
import type { Fault } from './faults.js';
import type { Journal } from './journal.js';
import type { BrokerLimits } from './limits.js';
import type { Message, Taker } from './message.js';
import type { BrokerObserver } from './observer.js';
import type { ReceivedFrames } from './record.js';
import type { BrokerStore } from './store.js';

/** The broker as its sessions see it. */
export interface Host {
  readonly name: string;
  readonly clock: BrokerClock;
  readonly store: BrokerStore;
  readonly journal: Journal;
  readonly limits: BrokerLimits;
  readonly frameLimits: FrameLimits;
  readonly faults: { readonly common: Fault };
  readonly record: ReceivedFrames;
  readonly observer: BrokerObserver;
  readonly taker: Taker;
  readonly count: { framesIn: number; framesOut: number };
  /** Why a CONNECT is refused, if it is. */
  refuseConnect(frame: Frame): string | undefined;
  /** Why a destination cannot take so many messages, of so many bytes. */
  refuseLoad(destination: string, messages: number, bytes: number): string | undefined;
  /** To the queue it is for, or to all subscribers of its topic. */
  route(message: Message): void;
  /** A connection is gone. */
  forget(connection: BrokerConnection): void;
  /** Tells the observer; what it throws is counted and goes no further. */
  watch<Name extends keyof BrokerObserver>(
    name: Name,
    event: Parameters<NonNullable<BrokerObserver[Name]>>[0],
  ): void;
}
