import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { runProgram } from '../../src/cli/program.js';
import { type Output, Terminal } from '../../src/cli/terminal.js';

export interface RunOptions {
  readonly env?: Record<string, string>;
  readonly stdin?: string | Buffer | Readable;
  /** Both outputs are terminals. */
  readonly tty?: boolean;
}

/** One run of the command line in this process. */
export interface Run {
  /** The exit code. */
  readonly done: Promise<number>;
  stdout(): string;
  bytes(): Buffer;
  stderr(): string;
  /** As Ctrl-C. */
  interrupt(signal?: 'SIGINT' | 'SIGTERM'): void;
  /** Nobody reads the results any more, as after `| head`. */
  hangUp(): void;
  /** Resolves when the results have that text. */
  says(text: string | RegExp): Promise<void>;
  notes(text: string | RegExp): Promise<void>;
}

class Capture extends Writable {
  readonly isTTY: boolean;
  readonly columns = 80;
  readonly #chunks: Buffer[] = [];
  readonly #watchers = new Set<() => void>();
  broken = false;

  constructor(tty: boolean) {
    super({ autoDestroy: false });
    this.isTTY = tty;
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    if (this.broken) {
      done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
      return;
    }
    this.#chunks.push(Buffer.from(chunk));
    for (const watcher of [...this.#watchers]) watcher();
    done();
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  has(text: string | RegExp): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        const said = this.bytes().toString();
        if (!(typeof text === 'string' ? said.includes(text) : text.test(said))) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }
}

export function run(argv: readonly string[], options: RunOptions = {}): Run {
  const { env = {}, stdin = '', tty = false } = options;
  const [stdout, stderr] = [new Capture(tty), new Capture(tty)];
  const stop = new AbortController();
  const isText = typeof stdin === 'string' || Buffer.isBuffer(stdin);
  const input = isText ? Readable.from([Buffer.from(stdin)], { objectMode: false }) : stdin;
  const terminal = new Terminal(stdout as unknown as Output, stderr as unknown as Output, env);
  const done = runProgram(argv, { terminal, env, stdin: input, signal: stop.signal });
  return {
    done,
    stdout: () => stdout.bytes().toString(),
    bytes: () => stdout.bytes(),
    stderr: () => stderr.bytes().toString(),
    interrupt: (signal = 'SIGINT') => stop.abort(signal),
    hangUp: () => {
      stdout.broken = true;
    },
    says: (text) => stdout.has(text),
    notes: (text) => stderr.has(text),
  };
}

/** Runs to the end. */
export async function runToEnd(
  argv: readonly string[],
  options: RunOptions = {},
): Promise<{ code: number; stdout: string; stderr: string; bytes: Buffer }> {
  const one = run(argv, options);
  const code = await one.done;
  return { code, stdout: one.stdout(), stderr: one.stderr(), bytes: one.bytes() };
}

/** A file that is gone after the test. */
export function temporaryFile(name: string, text: string | Buffer): string {
  const directory = mkdtempSync(join(tmpdir(), 'stompwire-cli-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

/** A client.cfg for brokers on this host. */
export function configFor(...ports: number[]): string {
  const hosts = ports.flatMap((port, i) => [
    `plugin.stomp.pool.host${i + 1} = 127.0.0.1`,
    `plugin.stomp.pool.port${i + 1} = ${port}`,
    `plugin.stomp.pool.user${i + 1} = me`,
    `plugin.stomp.pool.password${i + 1} = hunter2`,
  ]);
  return temporaryFile('client.cfg', [`plugin.stomp.pool.size = ${ports.length}`, ...hosts, ''].join('\n'));
}

/**
 * A broker that takes CONNECT and answers all else with an ERROR that names no receipt, and leaves the connection
 * open: as RabbitMQ refuses a destination. Gives its URL.
 */
export async function refusingBroker(): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      const isConnect = chunk.toString('latin1').startsWith('CONNECT');
      socket.write(isConnect ? 'CONNECTED\n\n\0' : 'ERROR\nmessage:Unknown destination\n\n\0');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `stomp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
