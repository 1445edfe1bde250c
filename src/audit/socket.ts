import { type AddressInfo, connect, createServer, isIP, type Server, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';

/** The room's one file with sockets: it dials and it listens, plain and TLS. */

export interface Address {
  /** Default 127.0.0.1. */
  readonly host?: string | undefined;
  readonly port: number;
}

/** How a TLS peer is checked when we dial; PEM. */
export interface DialTls {
  /** The name the certificate has to have. Default: the host. */
  readonly servername?: string | undefined;
  readonly ca?: string | Buffer | undefined;
  readonly cert?: string | Buffer | undefined;
  readonly key?: string | Buffer | undefined;
  /** False takes any certificate. Default true. */
  readonly rejectUnauthorized?: boolean | undefined;
}

/** What we show as a TLS server; PEM. */
export interface ListenTls {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  readonly ca?: string | Buffer | undefined;
}

export interface DialOptions {
  readonly tls?: DialTls | undefined;
  /** Ends the dial as it ends everything else. */
  readonly signal?: AbortSignal | undefined;
}

const HOST = '127.0.0.1';

function open(to: Address, tls: DialTls | undefined): Socket {
  const { host = HOST, port } = to;
  if (tls === undefined) return connect({ host, port, allowHalfOpen: true, noDelay: true });
  const given = Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));
  // An address is no name for TLS, and Node warns of it; the certificate is held against the host all the same.
  const name = isIP(host) === 0 ? { servername: host } : {};
  const options = { host, port, ...name, allowHalfOpen: true, ...given };
  return connectTls(options).setNoDelay(true);
}

/** Resolves with a paused socket once there is a connection (with `tls`: a session). Rejects with Node's error. */
export function dial(to: Address, options: DialOptions = {}): Promise<Socket> {
  const { tls, signal } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const socket = open(to, tls);
    const ready = tls === undefined ? 'connect' : 'secureConnect';
    const done = (settle: () => void): void => {
      socket.off(ready, onReady).off('error', onError).off('close', onClose);
      signal?.removeEventListener('abort', onAbort);
      settle();
    };
    const onReady = (): void => done(() => resolve(socket));
    const onError = (error: Error): void => done(() => reject(error));
    const onClose = (): void => onError(new Error('closed before there was a connection'));
    const onAbort = (): void => {
      onError(signal?.reason);
      socket.on('error', () => undefined).destroy();
    };
    socket.once(ready, onReady).once('error', onError).once('close', onClose);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** A port that is listened on. */
export interface Listening {
  readonly host: string;
  readonly port: number;
  /** Accepts no more, drops what is open, and resolves when all of it is gone. */
  close(): Promise<void>;
}

/**
 * Calls `onSocket` with every connection, paused, its far side's end not answered. `port` 0 is any free one. Rejects
 * with Node's error.
 */
export function listen(
  at: Address,
  onSocket: (socket: Socket) => void,
  tls?: ListenTls | undefined,
): Promise<Listening> {
  const { host = HOST, port } = at;
  const raw = new Set<Socket>();
  const server: Server =
    tls === undefined
      ? createServer({ allowHalfOpen: true, noDelay: true }, onSocket)
      : createTlsServer({ ...tls, allowHalfOpen: true, noDelay: true }, onSocket);
  server.on('connection', (socket: Socket) => {
    raw.add(socket);
    socket.once('close', () => raw.delete(socket));
  });
  server.on('tlsClientError', (_error: Error, socket: Socket) => void socket.destroy());
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of raw) socket.destroy();
    });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve({ host, port: (server.address() as AddressInfo).port, close });
    });
  });
}

/** Ends a socket so that the far side sees a reset where TCP allows it. */
export function reset(socket: Socket): void {
  if ('encrypted' in socket) socket.destroy();
  else socket.resetAndDestroy();
}
