import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from '../brokers/rig/index.js';

export interface CutOptions {
  /** Bytes in the two directions together after which this connection is cut; undefined never cuts it. */
  budget(): number | undefined;
  /** Whether a cut is a reset; otherwise it is an end without a word. */
  reset(): boolean;
  onCut?(bytes: number): void;
}

/**
 * A TCP proxy which cuts connections after a number of bytes, wherever in a frame that is: what came before is
 * passed on, what comes after is not.
 */
export class CuttingProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(port: number, server: Server) {
    this.port = port;
    this.#server = server;
  }

  static async start(target: number, options: CutOptions): Promise<CuttingProxy> {
    const port = await freePort();
    const server = createServer();
    const proxy = new CuttingProxy(port, server);
    server.on('connection', (client) => proxy.#join(client, target, options));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    return proxy;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket, target: number, options: CutOptions): void {
    const broker = connect({ host: '127.0.0.1', port: target });
    let left = options.budget() ?? Number.POSITIVE_INFINITY;
    const whole = left;
    const end = (): void => {
      client.destroy();
      broker.destroy();
    };
    const pass = (from: Socket, to: Socket) => (chunk: Buffer) => {
      const part = chunk.length < left ? chunk : chunk.subarray(0, left);
      left -= part.length;
      if (!to.write(part)) {
        from.pause();
        to.once('drain', () => from.resume());
      }
      if (left > 0) return;
      from.pause();
      options.onCut?.(whole);
      // The last bytes have to leave before the connection does.
      const cut = options.reset() ? () => resetBoth(client, broker) : end;
      to.write('', cut);
    };
    for (const [from, to] of [
      [client, broker],
      [broker, client],
    ] as const) {
      this.#sockets.add(from);
      from.setNoDelay(true);
      from.on('data', pass(from, to));
      from.on('error', end);
      from.on('end', () => to.end());
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }
}

function resetBoth(client: Socket, broker: Socket): void {
  client.resetAndDestroy();
  broker.resetAndDestroy();
}
