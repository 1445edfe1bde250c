import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';

/** One accepted connection, whose broker the test plays with hand-written bytes. */
export class ScriptedPeer {
  readonly socket: Socket;
  #received = '';
  #wake: (() => void) | undefined;
  #over = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#over = true;
      this.#wake?.();
    });
    socket.on('data', (bytes: Buffer) => {
      this.#received += bytes.toString('latin1');
      this.#wake?.();
    });
  }

  /** What the client has sent, one character for each byte. */
  get received(): string {
    return this.#received;
  }

  write(text: string): void {
    if (!this.socket.destroyed) this.socket.write(Buffer.from(text, 'latin1'));
  }

  /** Waits until the client has sent so many NULs (frames, where no body holds one); gives all that came. */
  async frames(count: number): Promise<string> {
    while (this.#received.split('\0').length <= count && !this.#over) await this.#change();
    return this.#received;
  }

  /** Waits until the connection is gone. */
  async closed(): Promise<void> {
    while (!this.#over) await this.#change();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** A TCP or TLS server on the loopback interface that says only what the test makes it say. */
export class ScriptedBroker implements AsyncDisposable {
  readonly peers: ScriptedPeer[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, secure: boolean, onPeer: (peer: ScriptedPeer) => void) {
    this.#server = server;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
    });
    server.on('tlsClientError', () => {});
    server.on(secure ? 'secureConnection' : 'connection', (socket: Socket) => {
      const peer = new ScriptedPeer(socket);
      this.peers.push(peer);
      onPeer(peer);
    });
  }

  static async listen(
    onPeer: (peer: ScriptedPeer) => void = () => {},
    tls?: TlsOptions,
    host = '127.0.0.1',
  ): Promise<ScriptedBroker> {
    const server = tls === undefined ? createServer() : createTlsServer(tls);
    const broker = new ScriptedBroker(server, tls !== undefined, onPeer);
    server.listen(0, host);
    await once(server, 'listening');
    return broker;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** Plays a broker that takes every login and answers every receipt. */
export function welcome(peer: ScriptedPeer): void {
  let answered = 0;
  peer.socket.on('data', () => {
    const frames = peer.received.split('\0').slice(0, -1);
    for (const frame of frames.slice(answered)) peer.write(answerTo(frame));
    answered = frames.length;
  });
}

function answerTo(frame: string): string {
  if (frame.startsWith('CONNECT\n')) return 'CONNECTED\nsession:s-1\n\n\0\n';
  const receipt = /^receipt:(.*)$/m.exec(frame)?.[1];
  return receipt === undefined ? '' : `RECEIPT\nreceipt-id:${receipt}\n\n\0\n`;
}
