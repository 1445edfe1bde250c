/** A broker in the process, for tests and first steps. For production use ActiveMQ or RabbitMQ. */
export { Broker } from './broker.js';
export type { BrokerClock, BrokerTimer } from './clock.js';
export type { BrokerConnection, SessionState } from './connection.js';
export { BrokerCore, type BrokerStats, type CrashOptions } from './core.js';
export type { BrokerSink } from './fault-pipe.js';
export type { Fault, FaultScript } from './faults.js';
export { type BrokerLimits, type BrokerLimitsInit, DEFAULT_BROKER_LIMITS } from './limits.js';
export type {
  BrokerCloseEvent,
  BrokerConnectionEvent,
  BrokerFrameEvent,
  BrokerObserver,
} from './observer.js';
export type { BrokerCoreOptions, BrokerLogins, BrokerOptions, BrokerTls } from './options.js';
export { BrokerWaitError, type ReceivedFrame, type WaitOptions } from './record.js';
export type { BrokerSession } from './session.js';
export { BrokerStore, type QueueStats, type StoredMessage } from './store.js';
