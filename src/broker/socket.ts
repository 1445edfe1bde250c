import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import type { BrokerCore } from './core.js';
import type { BrokerSink } from './fault-pipe.js';
import type { BrokerTls } from './options.js';
import type { BrokerSession } from './session.js';

/** Bytes on their way to one client above which no MESSAGE is added. */
const HIGH_WATER_BYTES = 262_144;
/** The same for all else: above it nothing more is read from that client. */
const READ_STOP_BYTES = 4_194_304;
/** How long a client may take to close after the broker has. */
const LINGER_MS = 2_000;

/** One accepted socket. What a session writes in one turn of the event loop leaves in one write. */
class SocketSink implements BrokerSink {
  readonly #socket: Socket;
  readonly #raw: Socket;
  readonly #session: BrokerSession;
  #pending: Buffer[] = [];
  #bytes = 0;
  #scheduled = false;
  #full = false;
  #ended = false;

  /** `raw` is the TCP socket below `socket`, or the same. */
  constructor(core: BrokerCore, socket: Socket, raw: Socket) {
    this.#socket = socket;
    this.#raw = raw;
    socket.setNoDelay(true);
    this.#session = core.open(this, `${socket.remoteAddress}:${socket.remotePort}`);
    socket.on('data', (chunk: Buffer) => this.#session.receive(chunk));
    socket.on('drain', () => this.#drained());
    socket.on('end', () => this.#session.end());
    socket.on('error', () => this.#session.closed()); // a reset: 'close' follows
    socket.on('close', () => this.#session.closed());
    socket.on('timeout', () => socket.destroy());
  }

  write(bytes: Buffer): boolean {
    if (this.#ended) return true;
    this.#pending.push(bytes);
    this.#bytes += bytes.length;
    if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => this.#flush());
    }
    const waiting = this.#bytes + this.#socket.writableLength;
    if (waiting > READ_STOP_BYTES) this.#socket.pause();
    if (waiting < HIGH_WATER_BYTES) return true;
    this.#full = true;
    return false;
  }

  close(): void {
    if (this.#ended) return;
    this.#flush();
    this.#ended = true;
    this.#socket.end();
    this.#socket.resume();
    this.#socket.setTimeout(LINGER_MS);
  }

  cut(): void {
    this.#ended = true;
    this.#pending = [];
    if (this.#raw === this.#socket) this.#socket.resetAndDestroy();
    else {
      this.#raw.resetAndDestroy();
      this.#socket.destroy();
    }
  }

  #flush(): void {
    this.#scheduled = false;
    const pending = this.#pending;
    if (this.#ended || pending.length === 0) return;
    this.#pending = [];
    this.#bytes = 0;
    const flowing = this.#socket.write(pending.length === 1 ? pending[0]! : Buffer.concat(pending));
    if (flowing || this.#socket.writableLength === 0) this.#drained();
  }

  #drained(): void {
    if (this.#socket.isPaused() && !this.#ended) this.#socket.resume();
    if (!this.#full) return;
    this.#full = false;
    this.#session.drained();
  }
}

/** What accepts connections for a broker: TCP, or TLS over it. */
export class Listener {
  readonly #core: BrokerCore;
  readonly #tls: BrokerTls | undefined;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  constructor(core: BrokerCore, tls: BrokerTls | undefined) {
    this.#core = core;
    this.#tls = tls;
  }

  /** Listens; resolves with the port. Rejects with Node's error (EADDRINUSE, EACCES, a key that is none). */
  listen(host: string, port: number): Promise<number> {
    const server = this.#tls === undefined ? this.#plainServer() : this.#tlsServer(this.#tls);
    this.#server = server;
    return listen(server, host, port);
  }

  /** Finds a port that is free now, for a listener that will want it later. */
  static async reserve(host: string): Promise<number> {
    const server = createTcpServer();
    const port = await listen(server, host, 0);
    await new Promise((done) => server.close(done));
    return port;
  }

  /** Accepts no more. Resolves when the last connection is gone. */
  close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return Promise.resolve();
    return new Promise((done) => server.close(() => done()));
  }

  /** Drops what is still there, sockets in a TLS handshake too. */
  destroy(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  #plainServer(): Server {
    return createTcpServer((socket) => {
      this.#keep(socket);
      new SocketSink(this.#core, socket, socket);
    });
  }

  #tlsServer(tls: BrokerTls): Server {
    const raws = new Map<number | undefined, Socket>();
    const server = createTlsServer(tlsOptions(tls), (socket) => {
      const raw = raws.get(socket.remotePort);
      new SocketSink(this.#core, socket, raw ?? socket);
    });
    server.on('connection', (socket: Socket) => {
      const { remotePort } = socket;
      this.#keep(socket);
      raws.set(remotePort, socket);
      socket.once('close', () => raws.delete(remotePort));
    });
    server.on('tlsClientError', (_error, socket) => void socket.destroy());
    return server;
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.removeListener('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function tlsOptions({ cert, key, passphrase, ca, requireClientCert = false }: BrokerTls): TlsOptions {
  const options: TlsOptions = {
    cert,
    key,
    requestCert: requireClientCert,
    rejectUnauthorized: requireClientCert,
  };
  if (passphrase !== undefined) options.passphrase = passphrase;
  if (ca !== undefined) options.ca = Array.isArray(ca) ? [...ca] : (ca as string | Buffer);
  return options;
}
