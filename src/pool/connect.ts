import type { ConnectOptions, PoolOptions } from './options.js';
import { Pool } from './pool.js';

/**
 * Connects to the first broker that answers, and stays connected to one of them.
 *
 * `target`: a `stomp://` or `stomp+ssl://` URL, a `failover:(url,url)?name=value` URL, or an object with `hosts`.
 * Resolves on the first CONNECTED. Rejects with ConfigError for options that cannot be used, and with PoolError once
 * every host was tried `startupMaxReconnectAttempts` says how often: by default once.
 */
export function connect(target: string | ConnectOptions, options: PoolOptions = {}): Promise<Pool> {
  return Pool.connect(target, options);
}
