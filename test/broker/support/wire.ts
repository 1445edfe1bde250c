import { once } from 'node:events';
import { connect as dial, type Socket } from 'node:net';
import { connect as dialTls } from 'node:tls';

/** A socket and all that came on it. */
export class Wire {
  readonly socket: Socket;
  error: NodeJS.ErrnoException | undefined;
  closed = false;
  readonly #chunks: string[] = [];
  #tail = '';
  #changed: () => void = () => undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => this.#change(() => this.#keep(text)));
    socket.on('error', (error) => this.#change(() => (this.error = error)));
    socket.on('close', () => this.#change(() => (this.closed = true)));
  }

  /** Dials and waits for the connection; `tls` holds the authority to trust. */
  static async dial(port: number, tls?: { ca: string }): Promise<Wire> {
    if (tls === undefined) {
      const socket = dial(port, '127.0.0.1');
      await once(socket, 'connect');
      return new Wire(socket);
    }
    const socket = dialTls({ port, host: '127.0.0.1', ca: tls.ca });
    await once(socket, 'secureConnect');
    return new Wire(socket);
  }

  say(text: string): this {
    this.socket.write(text, 'latin1');
    return this;
  }

  get text(): string {
    return this.#chunks.join('');
  }

  /** Waits until the last 2,000 characters that came match; gives all. */
  async until(pattern: RegExp): Promise<string> {
    await this.#wait(() => pattern.test(this.#tail));
    return this.text;
  }

  async end(): Promise<string> {
    await this.#wait(() => this.closed);
    return this.text;
  }

  async #wait(met: () => boolean): Promise<void> {
    while (!met()) {
      if (this.closed) throw new Error(`closed after ${JSON.stringify(this.text)}`);
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  #keep(text: string): void {
    this.#chunks.push(text);
    this.#tail = (this.#tail + text).slice(-2_000);
  }

  #change(change: () => void): void {
    change();
    this.#changed();
  }
}

/** The code with which a dial fails. */
export async function dialError(port: number): Promise<string | undefined> {
  const socket = dial(port, '127.0.0.1');
  const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    socket.on('error', resolve);
    socket.on('connect', () => resolve(undefined));
  });
  socket.destroy();
  return error?.code;
}
