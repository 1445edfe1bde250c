export { ConfigError, type FailedAttempt, PoolError } from '../errors.js';
export { connect } from './connect.js';
export type { ConnectOptions, PoolOptions, ReconnectOptions } from './options.js';
export type { Pool, PoolState } from './pool.js';
export type { PoolStats } from './stats.js';
