import { ConfigError } from '../errors.js';
import {
  type BodyInit,
  bodyHeaders,
  encodeHeader,
  encodeHeaders,
  type HeaderValue,
} from '../frame/serializer.js';

/** What goes with one `send`. */
export interface SendOptions {
  /** Added to SEND. Not `destination`, `receipt`, `transaction` and `content-length`: those have their own ways. */
  readonly headers?: Readonly<Record<string, HeaderValue>> | undefined;
  /** False leaves content-length out: ActiveMQ makes a text message of that. Default true. */
  readonly contentLength?: boolean | undefined;
  /** `persistent:true`, which asks the broker to keep the message on disk. `publish` asks unless this is false. */
  readonly persistent?: boolean | undefined;
}

/** What goes with one `publish`. */
export interface PublishOptions extends SendOptions {
  /** Ends the waiting; whether the message arrives is then not known. */
  readonly signal?: AbortSignal | undefined;
}

/** The global `Buffer` is a getter, which costs a call each time it is asked for. */
const { byteLength } = Buffer;

const RESERVED = new Set(['destination', 'receipt', 'transaction', 'content-length']);

/** How a SEND begins, as wire strings: shared by all of one destination and one size. */
export interface SendHead {
  /** `SEND` and header lines. */
  readonly lines: string;
  /** The same with the blank line. */
  readonly whole: string;
  /** That behind the NUL of the frame before. */
  readonly chained: string;
  /** The lines up to the number of a receipt. */
  readonly asking: string;
}

/** A SEND that is sure to be writable. */
export interface PreparedSend {
  readonly head: SendHead;
  readonly body: BodyInit;
  readonly bodyBytes: number;
  /** What it takes on the wire, but for header lines of ours. */
  readonly bytes: number;
}

/** Destinations whose beginnings are remembered. */
const MAX_DESTINATIONS = 256;
/** So many bodies of one size in a row, and a copy of its head in one piece pays. */
const FLAT_AT = 3;

/** What is remembered of one destination. */
class Beginning {
  readonly prefix: string;
  #bodyBytes = -1;
  #head!: SendHead;
  #uses = 0;

  constructor(destination: string, persistent: boolean) {
    checkDestination(destination);
    this.prefix = flat(
      `SEND\n${encodeHeader('destination', destination)}${persistent ? 'persistent:true\n' : ''}`,
    );
  }

  /** The head of one with that many bytes and a content-length. */
  headFor(bodyBytes: number): SendHead {
    if (bodyBytes !== this.#bodyBytes) {
      this.#bodyBytes = bodyBytes;
      this.#head = makeHead(this.prefix + bodyHeaders('', bodyBytes));
      this.#uses = 1;
    } else if (this.#uses <= FLAT_AT && ++this.#uses === FLAT_AT) {
      const { lines, whole, chained, asking } = this.#head;
      this.#head = { lines: flat(lines), whole: flat(whole), chained: flat(chained), asking: flat(asking) };
    }
    return this.#head;
  }
}

/**
 * Prepares SENDs. What begins all those to one destination is made and checked once, and shared by all: thousands of
 * them may wait in an outbox.
 */
export class SendPreparer {
  readonly #persistent = new Map<string, Beginning>();
  readonly #volatile = new Map<string, Beginning>();
  #last: Beginning | undefined;
  #lastDestination = '';
  #lastPersistent = false;

  /** Throws ConfigError and FrameError for what cannot be sent. */
  prepare(destination: string, body: BodyInit, options: SendOptions, persistent: boolean): PreparedSend {
    const bodyBytes = bodySize(body);
    const head = this.head(destination, body, bodyBytes, options, persistent);
    return { head, body, bodyBytes, bytes: bytesOf(head, bodyBytes) };
  }

  /** The same for a body that was measured by `bodySize`. `extra`: header lines of ours. */
  head(
    destination: string,
    body: BodyInit,
    bodyBytes: number,
    options: SendOptions,
    persistent = false,
    extra = '',
  ): SendHead {
    const isLast = destination === this.#lastDestination && persistent === this.#lastPersistent;
    const beginning = (isLast && this.#last) || this.#beginning(destination, persistent);
    const { headers, contentLength } = options;
    if (headers === undefined && contentLength !== false && extra === '') return beginning.headFor(bodyBytes);
    const lines = headers === undefined ? '' : userHeaders(headers, persistent);
    return makeHead(beginning.prefix + lines + bodyHeaders(body, bodyBytes, contentLength) + extra);
  }

  #beginning(destination: string, persistent: boolean): Beginning {
    const beginnings = persistent ? this.#persistent : this.#volatile;
    const known = beginnings.get(destination);
    const beginning = known ?? new Beginning(destination, persistent);
    if (known === undefined && beginnings.size < MAX_DESTINATIONS) beginnings.set(destination, beginning);
    this.#last = beginning;
    this.#lastDestination = destination;
    this.#lastPersistent = persistent;
    return beginning;
  }
}

/** What a SEND takes on the wire, but for header lines of ours. */
export function bytesOf(head: SendHead, bodyBytes: number): number {
  return head.whole.length + bodyBytes + 1;
}

function makeHead(lines: string): SendHead {
  return { lines, whole: `${lines}\n`, chained: `\0${lines}\n`, asking: `${lines}receipt:` };
}

/** The same text, not as a tree of its parts, which would have to be walked again for each frame. */
function flat(wire: string): string {
  return Buffer.from(wire, 'latin1').toString('latin1');
}

/** The bytes of a body on the wire. Throws ConfigError for what is none. */
export function bodySize(body: BodyInit): number {
  if (typeof body === 'string') return byteLength(body);
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
