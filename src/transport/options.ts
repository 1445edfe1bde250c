import type { FrameLimits } from '../frame/limits.js';
import type { Observer } from '../frame/observer.js';
import type { HeadersInit } from '../frame/serializer.js';
import type { Clock } from './clock.js';
import type { Dial } from './transport.js';

/** All options of one connection. docs/options.md has unit, range and default of each. */
export interface ConnectionOptions {
  /** One budget for DNS, TCP, TLS and CONNECTED. More than 0. Default 30,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** How long a RECEIPT may take. More than 0, Infinity for ever. Default 60,000. */
  readonly receiptTimeoutMs?: number | undefined;
  /** How long `disconnect()` may take before it becomes `destroy()`. More than 0. Default 10,000. */
  readonly disconnectTimeoutMs?: number | undefined;
  /** Headers added to CONNECT, such as `host` for RabbitMQ's virtual host or `client-id` for ActiveMQ. */
  readonly connectHeaders?: HeadersInit | undefined;
  /** Bytes of messages held for a consumer that itself waits for a RECEIPT. 65,536 or more. Default 67,108,864. */
  readonly maxBufferedBytes?: number | undefined;
  /** Bytes of `send` held while the broker does not take them. 65,536 or more. Default 16,777,216. */
  readonly maxSendBufferBytes?: number | undefined;
  /** See FrameLimits. */
  readonly limits?: Partial<FrameLimits> | undefined;
  /** Refuse what the parser otherwise tolerates. Default false. */
  readonly strict?: boolean | undefined;
  /** Undo escapes in headers that are read (RabbitMQ escapes even in 1.0). Default false. */
  readonly unescapeHeaders?: boolean | undefined;
  /** A tap on what goes on. */
  readonly observer?: Observer | undefined;
  /** Ends it all when it is aborted, at whatever moment. */
  readonly signal?: AbortSignal | undefined;
  /** Default the system's. */
  readonly clock?: Clock | undefined;
  /** What opens a byte pipe to an endpoint. Default TCP and TLS. */
  readonly dial?: Dial | undefined;
}
