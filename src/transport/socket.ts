import type * as net from 'node:net';
import type * as tls from 'node:tls';
import { TransportError } from '../errors.js';
import type { Endpoint } from './endpoint.js';
import type { Dial, Transport, TransportEvents } from './transport.js';

/** When the first TCP keepalive goes out on an idle connection; STOMP 1.0 has no heart-beat of its own. */
const KEEPALIVE_MS = 60_000;

/**
 * One read buffer for all sockets: what is read is parsed before the next read begins, so nothing is kept in
 * it, and ten thousand connections need no gigabyte (docs/decisions/0003-shared-read-buffer.md).
 */
const READ_BYTES = 131_072;
/** Windows posts reads ahead; there each socket has its own. */
const OWN_READ_BYTES = 65_536;
let sharedBuffer: Buffer | undefined;

function readBuffer(): Buffer {
  if (process.platform === 'win32') return Buffer.allocUnsafeSlow(OWN_READ_BYTES);
  sharedBuffer ??= Buffer.allocUnsafeSlow(READ_BYTES);
  return sharedBuffer;
}

/** Loaded with the first dial: it takes a third of what the import of this library would take. */
function loadNet(): typeof net {
  return process.getBuiltinModule('node:net');
}

/** Opens TCP, or TLS over TCP. IPv6 and IPv4 addresses of a name race (RFC 8305, as Node does it). */
export const dialSocket: Dial = (endpoint, events) => new SocketTransport(endpoint, events);

class SocketTransport implements Transport {
  readonly #endpoint: Endpoint;
  readonly #events: TransportEvents;
  readonly #socket: net.Socket;
  #error: Error | undefined;
  /** Who is to be told of what was written since `cork`. */
  #corked: Array<() => void> | undefined;
  #phase: 'tcp' | 'tls' | 'open' = 'tcp';

  constructor(endpoint: Endpoint, events: TransportEvents) {
    this.#endpoint = endpoint;
    this.#events = events;
    this.#socket = endpoint.tls === undefined ? this.#dialTcp() : this.#tryTls(endpoint.tls);
    this.#socket.on('drain', () => events.onDrain());
    this.#socket.on('end', () => this.#onEnd());
    this.#socket.on('error', (error) => {
      this.#error ??= error;
      // For bytes that cannot be deciphered Node tells an error and leaves the socket open.
      this.#socket.destroy();
    });
    this.#socket.on('close', () => events.onClose(this.#explain()));
  }

  write(bytes: Buffer, written?: () => void): boolean {
    let told = false;
    const tell = () => {
      if (told) return;
      told = true;
      written?.();
    };
    const socket = this.#socket;
    // Called before the end is told, also for a write that failed; where a reset came amid it, without an error.
    const wantsMore = socket.write(bytes, (error) => !error && !socket.destroyed && tell());
    if (this.#corked !== undefined) this.#corked.push(tell);
    else if (this.#hasTakenAll()) tell();
    return wantsMore;
  }

  cork(): void {
    this.#corked ??= [];
    this.#socket.cork();
  }

  uncork(): void {
    const tells = this.#corked ?? [];
    this.#corked = undefined;
    this.#socket.uncork();
    if (this.#hasTakenAll()) for (const tell of tells) tell();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  ref(): void {
    this.#socket.ref();
  }

  unref(): void {
    this.#socket.unref();
  }

  /** Node calls back in a later turn even where the kernel has taken it all by now. */
  #hasTakenAll(): boolean {
    const socket = this.#socket;
    return socket.writableLength === 0 && !socket.errored && !socket.destroyed;
  }

  #target(): net.TcpNetConnectOpts {
    return {
      host: this.#endpoint.host,
      port: this.#endpoint.port,
      autoSelectFamily: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEPALIVE_MS,
    };
  }

  #dialTcp(): net.Socket {
    const shared = readBuffer();
    const onread = {
      buffer: () => this.#events.readBuffer?.(shared) ?? shared,
      // Always true: a pause is asked of the socket, so that a buffer is never read into twice.
      callback: (length: number, buffer: Uint8Array): boolean => {
        this.#events.onData((buffer as Buffer).subarray(0, length));
        return true;
      },
    };
    const socket = loadNet().connect({ ...this.#target(), onread });
    socket.once('connect', () => this.#open());
    return socket;
  }

  /** Certificates and keys that cannot be used are thrown at once; here they fail as everything else does. */
  #tryTls(options: NonNullable<Endpoint['tls']>): net.Socket {
    try {
      return this.#dialTls(options);
    } catch (error) {
      this.#phase = 'tls';
      return new (loadNet().Socket)().destroy(error as Error);
    }
  }

  #dialTls(options: NonNullable<Endpoint['tls']>): tls.TLSSocket {
    const servername =
      options.servername ?? (loadNet().isIP(this.#endpoint.host) === 0 ? this.#endpoint.host : undefined);
    const settings = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
    // tls.connect hands net's options (autoSelectFamily, noDelay, ...) on to the socket it makes.
    // Loaded when it is needed: most processes never do, and it takes a few milliseconds.
    const { connect } = process.getBuiltinModule('node:tls');
    const socket = connect({ ...this.#target(), ...settings, ...(servername && { servername }) });
    socket.once('connect', () => {
      this.#phase = 'tls';
    });
    socket.once('secureConnect', () => this.#open());
    socket.on('data', (chunk: Buffer) => this.#events.onData(chunk));
    return socket;
  }

  #open(): void {
    this.#phase = 'open';
    this.#events.onOpen();
  }

  /** Before the pipe is open and after an error, `close` follows and says why. */
  #onEnd(): void {
    if (this.#phase === 'open' && this.#error === undefined) this.#events.onEnd();
  }

  #explain(): Error | undefined {
    const cause = this.#error;
    if (this.#phase === 'open' && !isTlsError(cause)) return cause;
    const code = this.#phase === 'tcp' ? 'STOMP_CONNECT_FAILED' : 'STOMP_TLS_FAILED';
    const what = cause === undefined ? 'closed while connecting' : describe(cause);
    return new TransportError(code, this.#endpoint.name, what, { cause });
  }
}

/** In TLS 1.3 a server refuses our certificate when the pipe is open for us already. */
function isTlsError(error: (Error & { readonly code?: unknown }) | undefined): boolean {
  return typeof error?.code === 'string' && error.code.startsWith('ERR_SSL_');
}

/** Several addresses that all failed come as one error with an empty message and the single ones inside. */
function describe(error: Error): string {
  if (error instanceof AggregateError) return error.errors.map((each: Error) => each.message).join('; ');
  return error.message;
}
