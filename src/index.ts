export {
  ConfigError,
  type ErrorCode,
  type FailedAttempt,
  FrameError,
  PoolError,
  SessionError,
  StompError,
  TransportError,
} from './errors.js';
export type { Frame } from './frame/frame.js';
export type { Headers } from './frame/headers.js';
export type { FrameLimits } from './frame/limits.js';
export type {
  BytesEvent,
  ConnectedEvent,
  ConnectFailEvent,
  ConnectingEvent,
  DisconnectEvent,
  FrameEvent,
  HandlerErrorEvent,
  Observer,
  ReconnectScheduledEvent,
  ServerErrorEvent,
  WarningEvent,
} from './frame/observer.js';
export type { BodyInit, HeadersInit, HeaderValue } from './frame/serializer.js';
export { connect } from './pool/connect.js';
export type { ConnectOptions, PoolOptions, ReconnectOptions } from './pool/options.js';
export type { Pool, PoolState } from './pool/pool.js';
export type { PoolStats } from './pool/stats.js';
export type { AckMode } from './transport/acks.js';
export type { Endpoint, EndpointInit, TlsOptions } from './transport/endpoint.js';
export type { PublishOptions, SendOptions } from './transport/heads.js';
export type { MessageHandler } from './transport/inbox.js';
export type { Message } from './transport/message.js';
export { type Passcode, Secret } from './transport/secret.js';
export type { SubscribeOptions, Subscription, SubscriptionState } from './transport/subscription.js';
export type { Transaction } from './transport/transaction.js';
