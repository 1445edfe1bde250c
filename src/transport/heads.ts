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
  readonly prefix: string;
  /** The content-length line, or nothing. */
  readonly lengthLine: string;
  readonly body: BodyInit;
  readonly bodyBytes: number;
  /** What it takes on the wire, but for header lines of ours. */
  readonly bytes: number;
}

/** Destinations whose beginnings are remembered. */
const MAX_PREFIXES = 256;

/**
 * Prepares SENDs. What begins all those to one destination is made and checked once, and shared by all: thousands of
 * them may wait in an outbox.
 */
export class SendPreparer {
  readonly #persistent = new Map<string, string>();
  readonly #volatile = new Map<string, string>();
  #lastBytes = 0;
  #lastLine = '';

  /** Throws ConfigError and FrameError for what cannot be sent. */
  prepare(destination: string, body: BodyInit, options: SendOptions, persistent: boolean): PreparedSend {
    const bodyBytes = bodySize(body);
    let prefix = this.#prefix(destination, persistent);
    if (options.headers !== undefined) prefix += userHeaders(options.headers, persistent);
    const lengthLine =
      options.contentLength === false ? bodyHeaders(body, bodyBytes, false) : this.#length(bodyBytes);
    const bytes = prefix.length + lengthLine.length + bodyBytes + '\n\0'.length;
    return { prefix, lengthLine, body, bodyBytes, bytes };
  }

  #prefix(destination: string, persistent: boolean): string {
    const prefixes = persistent ? this.#persistent : this.#volatile;
    const known = prefixes.get(destination);
    if (known !== undefined) return known;
    checkDestination(destination);
    const prefix = `SEND\n${encodeHeader('destination', destination)}${persistent ? 'persistent:true\n' : ''}`;
    if (prefixes.size < MAX_PREFIXES) prefixes.set(destination, prefix);
    return prefix;
  }

  #length(bodyBytes: number): string {
    if (bodyBytes !== this.#lastBytes) {
      this.#lastBytes = bodyBytes;
      this.#lastLine = bodyHeaders('', bodyBytes);
    }
    return this.#lastLine;
  }
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
