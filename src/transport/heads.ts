import { ConfigError } from '../errors.js';
import {
  type BodyInit,
  bodyHeaders,
  encodeHeader,
  encodeHeaders,
  type HeaderValue,
} from '../frame/serializer.js';

export interface SendOptions {
  /** Added to SEND. Not `destination`, `receipt`, `transaction` and `content-length`: those have their own ways. */
  readonly headers?: Readonly<Record<string, HeaderValue>> | undefined;
  /** False leaves content-length out: ActiveMQ makes a text message of that. Default true. */
  readonly contentLength?: boolean | undefined;
  /** `persistent:true`, which asks the broker to keep the message on disk. `publish` asks unless this is false. */
  readonly persistent?: boolean | undefined;
}

export interface PublishOptions extends SendOptions {
  /** Ends the waiting; whether the message arrives is then not known. */
  readonly signal?: AbortSignal | undefined;
}

const RESERVED = new Set(['destination', 'receipt', 'transaction', 'content-length']);

/** A SEND that is sure to be writable, but for header lines of ours and the blank line. */
export interface PreparedSend {
  /** `SEND` and header lines, as a wire string. */
  readonly head: string;
  readonly body: BodyInit;
  readonly bodyBytes: number;
  /** What it takes on the wire, but for header lines of ours. */
  readonly bytes: number;
}

/** Throws ConfigError and FrameError for what cannot be sent. */
export function prepareSend(
  destination: string,
  body: BodyInit,
  options: SendOptions,
  persistent: boolean,
): PreparedSend {
  checkDestination(destination);
  const bodyBytes = bodySize(body);
  let head = `SEND\n${encodeHeader('destination', destination)}`;
  if (persistent) head += 'persistent:true\n';
  if (options.headers !== undefined) head += userHeaders(options.headers, persistent);
  head += bodyHeaders(body, bodyBytes, options.contentLength);
  return { head, body, bodyBytes, bytes: head.length + bodyBytes + '\n\0'.length };
}

function bodySize(body: BodyInit): number {
  if (typeof body === 'string') return Buffer.byteLength(body);
  if (body instanceof Uint8Array) return body.byteLength;
  throw new ConfigError('STOMP_CONFIG_INVALID', {
    option: 'body',
    expected: 'a string or a Uint8Array',
    received: body === null ? 'null' : typeof body,
  });
}

function userHeaders(headers: Readonly<Record<string, HeaderValue>>, persistent: boolean): string {
  for (const name of Object.keys(headers)) {
    if (!RESERVED.has(name) && !(persistent && name === 'persistent')) continue;
    throw new ConfigError('STOMP_CONFIG_CONFLICT', {
      option: `headers.${name}`,
      expected: 'headers that are not set by the library itself',
    });
  }
  return encodeHeaders(headers);
}

export function checkDestination(destination: unknown): void {
  if (typeof destination === 'string' && destination !== '') return;
  throw new ConfigError('STOMP_CONFIG_INVALID', {
    option: 'destination',
    expected: 'text that is not empty',
    received: JSON.stringify(destination),
  });
}

/** A frame without a body, up to its blank line. */
export function plainHead(command: string, headers: Readonly<Record<string, HeaderValue>>): string {
  return `${command}\n${encodeHeaders(headers)}\n`;
}
