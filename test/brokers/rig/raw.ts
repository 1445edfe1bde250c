import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';

export interface RawFrame {
  readonly command: string;
  /** The first value of a repeated header. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface RawOptions {
  readonly port: number;
  readonly host?: string;
  readonly login?: string;
  readonly passcode?: string;
  readonly timeoutMs?: number;
  /** Speak TLS with these options. */
  readonly tls?: ConnectionOptions;
}

interface Waiter {
  readonly settle: (frame: RawFrame | Error) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * A plain STOMP 1.0 client in a few lines. The rig uses it instead of the library, so that a broken library
 * cannot make a broker look broken.
 */
export class RawStomp {
  readonly socket: Socket;
  /** The CONNECTED frame. */
  connected: RawFrame | undefined;
  #buffer: Buffer = Buffer.alloc(0);
  readonly #frames: RawFrame[] = [];
  readonly #waiting: Waiter[] = [];
  #failure: Error | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the broker closed the connection')));
  }

  /** Opens a connection, sends CONNECT and waits for CONNECTED. Any other answer is an error. */
  static async connect(options: RawOptions): Promise<RawStomp> {
    const { host = '127.0.0.1', port, timeoutMs = 5_000, login, passcode } = options;
    const deadline = Date.now() + timeoutMs;
    const socket = options.tls
      ? connectTls({ host, port, servername: 'localhost', ...options.tls })
      : connect({ host, port });
    const client = new RawStomp(socket);
    try {
      const headers: Record<string, string> = {};
      if (login !== undefined) headers['login'] = login;
      if (passcode !== undefined) headers['passcode'] = passcode;
      client.send('CONNECT', headers);
      const answer = await client.receive(Math.max(1, deadline - Date.now()));
      if (answer.command !== 'CONNECTED') {
        const reason = answer.headers['message'] ?? '';
        throw new Error(
          `CONNECT was answered by ${answer.command} ${reason} ${answer.body.toString().slice(0, 200)}`,
        );
      }
      client.connected = answer;
      return client;
    } catch (error) {
      client.close();
      throw error;
    }
  }

  send(command: string, headers: Readonly<Record<string, string>> = {}, body: string | Buffer = ''): void {
    const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
    this.socket.write(
      Buffer.concat([Buffer.from(`${command}\n${lines.join('')}\n`), Buffer.from(body), Buffer.from([0])]),
    );
  }

  /** The next frame from the broker. */
  receive(timeoutMs = 5_000): Promise<RawFrame> {
    const frame = this.#frames.shift();
    if (frame) return Promise.resolve(frame);
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      const settle = (result: RawFrame | Error): void => {
        clearTimeout(timer);
        if (result instanceof Error) reject(result);
        else resolve(result);
      };
      const timer = setTimeout(() => {
        const at = this.#waiting.findIndex((waiter) => waiter.timer === timer);
        if (at >= 0) this.#waiting.splice(at, 1);
        reject(new Error(`no frame within ${timeoutMs} ms`));
      }, timeoutMs);
      this.#waiting.push({ settle, timer });
    });
  }

  /** Reads frames until one has the given command (an ERROR frame ends the wait with an error). */
  async receiveCommand(command: string, timeoutMs = 5_000): Promise<RawFrame> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const frame = await this.receive(Math.max(1, deadline - Date.now()));
      if (frame.command === command) return frame;
      if (frame.command === 'ERROR') {
        throw new Error(`ERROR ${frame.headers['message'] ?? ''} ${frame.body.toString().slice(0, 200)}`);
      }
    }
  }

  close(): void {
    this.socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    for (let frame = this.#parse(); frame; frame = this.#parse()) {
      const waiter = this.#waiting.shift();
      if (waiter) waiter.settle(frame);
      else this.#frames.push(frame);
    }
  }

  #parse(): RawFrame | undefined {
    let start = 0;
    while (this.#buffer[start] === 0x0a) start++;
    const headerEnd = this.#buffer.indexOf('\n\n', start);
    if (headerEnd < 0) return undefined;
    const [command = '', ...lines] = this.#buffer.subarray(start, headerEnd).toString().split('\n');
    const headers: Record<string, string> = {};
    for (const line of lines) {
      const colon = line.indexOf(':');
      const name = line.slice(0, colon);
      headers[name] ??= line.slice(colon + 1);
    }
    const bodyStart = headerEnd + 2;
    const length = headers['content-length'];
    const end = length === undefined ? this.#buffer.indexOf(0, bodyStart) : bodyStart + Number(length);
    if (end < 0 || end >= this.#buffer.length) return undefined;
    const body = Buffer.from(this.#buffer.subarray(bodyStart, end));
    this.#buffer = this.#buffer.subarray(end + 1);
    return { command, headers, body };
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const waiter of this.#waiting.splice(0)) waiter.settle(this.#failure);
  }
}
