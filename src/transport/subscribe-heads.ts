import { ConfigError } from '../errors.js';
import type { HeaderValue } from '../frame/serializer.js';
import { checkDestination, plainHead } from './heads.js';
import type { SubscribeOptions } from './subscription.js';

const RESERVED = new Set(['destination', 'receipt', 'ack']);

/** The id that the user chose by a header, if any. */
export function chosenId(options: SubscribeOptions): string | undefined {
  const id = options.headers?.id;
  return id === undefined ? undefined : String(id);
}

/** Refuses what no SUBSCRIBE can carry, before anything is made of it. */
export function checkSubscribe(destination: string, options: SubscribeOptions): void {
  checkDestination(destination);
  for (const name of Object.keys(options.headers ?? {})) {
    if (!RESERVED.has(name)) continue;
    throw new ConfigError('STOMP_CONFIG_CONFLICT', {
      option: `headers.${name}`,
      expected: 'headers that are not set by the library itself',
    });
  }
  subscribeHead(chosenId(options) ?? '0', destination, options, '0');
}

/** SUBSCRIBE with an id always, and a receipt (P24, P25). */
export function subscribeHead(
  id: string,
  destination: string,
  options: SubscribeOptions,
  receipt: string | number,
): string {
  const { ack = 'auto', prefetch, headers = {} } = options;
  const { id: _, ...others } = headers;
  return plainHead('SUBSCRIBE', {
    id,
    destination,
    ack: ack === 'auto' ? undefined : ack,
    'activemq.prefetchSize': prefetch,
    'prefetch-count': prefetch,
    ...(others as Record<string, HeaderValue>),
    receipt,
  });
}

/** UNSUBSCRIBE by id and destination: Stompserver knows only the latter, RabbitMQ wants the former (P26). */
export function unsubscribeHead(id: string, destination: string, receipt?: string | number): string {
  return plainHead('UNSUBSCRIBE', { id, destination, receipt });
}
