import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { availability, type BrokerKind } from './availability.js';
import {
  type Daemon,
  end,
  endMarked,
  makeDirectory,
  newMark,
  removeDirectory,
  residentMemory,
  startDaemon,
  tail,
  waitUntil,
} from './process.js';
import { RawStomp } from './raw.js';

export const HOST = '127.0.0.1';

const CERTIFICATES = fileURLToPath(new URL('../../support/certs/', import.meta.url));

/** The path of a file in test/support/certs. */
export function certificate(file: string): string {
  return join(CERTIFICATES, file);
}

export interface TlsOptions {
  /** Which certificate of test/support/certs the broker shows. Default `server`. */
  readonly certificate?: 'server' | 'expired' | 'wrong-name' | 'unknown-ca';
  /** Refuse clients without a certificate signed by ca.pem. Default false. */
  readonly requireClientCertificate?: boolean;
}

export interface CommonOptions {
  /** How long starting may take, in milliseconds. Default 60 000. */
  readonly readyTimeoutMs?: number;
  /** False returns as soon as the process runs; use `waitReady()` later. Default true. */
  readonly waitReady?: boolean;
}

/** A real broker, running as a child process with its data in a temporary directory. */
export interface Broker {
  readonly kind: BrokerKind;
  readonly name: string;
  readonly version: string;
  readonly host: string;
  /** The port for plain STOMP. It stays the same over restarts. */
  readonly port: number;
  /** The port for STOMP over TLS, where TLS was asked for. */
  readonly tlsPort: number | undefined;
  readonly login: string;
  readonly passcode: string;
  readonly directory: string;
  /** The process of the broker (the last one, when it does not run). */
  readonly pid: number;
  isAlive(): boolean;
  /** Resident memory in bytes. */
  memory(): number;
  /** The last lines of its logs. */
  log(lines?: number): string;
  /** Waits until a CONNECT is answered by CONNECTED. */
  waitReady(timeoutMs?: number): Promise<void>;
  /** Starts it again on the same ports and data, after `kill`. */
  start(): Promise<void>;
  /** Sends a signal which ends the process, and waits until it has ended. The data stays. Default SIGKILL. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Stops the process in its tracks (SIGSTOP): connections stay open and nothing answers. */
  suspend(): void;
  resume(): void;
  /** An orderly end (SIGTERM) if it runs, then `start`. */
  restart(): Promise<void>;
  /** Ends the process and everything it started, and removes the data. May be called twice. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface BrokerParts {
  readonly kind: BrokerKind;
  readonly name: string;
  readonly port: number;
  readonly tlsPort?: number | undefined;
  readonly login: string;
  readonly passcode: string;
  readonly directory: string;
  readonly launch: Launch;
  readonly mark: string;
  /** Log files besides the output of the process. */
  readonly logs?: readonly string[];
  readonly readyTimeoutMs?: number | undefined;
  /** Called at the end of `stop`, before the directory goes. */
  readonly cleanUp?: () => Promise<void>;
}

export class ChildBroker implements Broker {
  readonly kind: BrokerKind;
  readonly name: string;
  readonly version: string;
  readonly host = HOST;
  readonly port: number;
  readonly tlsPort: number | undefined;
  readonly login: string;
  readonly passcode: string;
  readonly directory: string;
  readonly #parts: BrokerParts;
  readonly #output: string;
  #daemon: Daemon | undefined;
  #stopped = false;

  constructor(parts: BrokerParts) {
    this.#parts = parts;
    this.kind = parts.kind;
    this.name = parts.name;
    this.version = availability(parts.kind).version;
    this.port = parts.port;
    this.tlsPort = parts.tlsPort;
    this.login = parts.login;
    this.passcode = parts.passcode;
    this.directory = parts.directory;
    this.#output = join(parts.directory, 'output.log');
  }

  get pid(): number {
    return this.#daemon?.pid ?? -1;
  }

  isAlive(): boolean {
    return this.#daemon !== undefined && this.#daemon.ended() === undefined;
  }

  memory(): number {
    return residentMemory(this.pid);
  }

  log(lines = 40): string {
    return tail([this.#output, ...(this.#parts.logs ?? [])], lines);
  }

  /** Starts the process without waiting for it to be of use. */
  launch(): void {
    if (this.#stopped) throw new Error(`${this.name} was stopped, its data is gone`);
    if (this.isAlive()) throw new Error(`${this.name} runs already (pid ${this.pid})`);
    this.#daemon = startDaemon({
      ...this.#parts.launch,
      cwd: this.directory,
      logFile: this.#output,
      mark: this.#parts.mark,
    });
  }

  async start(): Promise<void> {
    this.launch();
    await this.waitReady();
  }

  async waitReady(timeoutMs = this.#parts.readyTimeoutMs ?? 60_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    let last = 'it was not asked';
    for (;;) {
      const ended = this.#daemon?.ended();
      if (ended !== undefined) throw new Error(`${this.name} ${ended}\n${this.log()}`);
      const left = deadline - Date.now();
      if (left <= 0) {
        throw new Error(
          `${this.name} did not accept STOMP on port ${this.port} within ${timeoutMs} ms (${last})\n${this.log()}`,
        );
      }
      try {
        const { port, login, passcode } = this;
        const client = await RawStomp.connect({ port, login, passcode, timeoutMs: Math.min(3_000, left) });
        client.close();
        return;
      } catch (error) {
        last = error instanceof Error ? error.message : String(error);
      }
      await sleep(50);
    }
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (!this.isAlive()) return;
    const pid = this.pid;
    process.kill(pid, signal);
    process.kill(pid, 'SIGCONT');
    if (await waitUntil(() => !this.isAlive(), 30_000, 5)) return;
    throw new Error(`${this.name} (pid ${pid}) still runs 30 s after ${signal}\n${this.log()}`);
  }

  suspend(): void {
    process.kill(this.#running(), 'SIGSTOP');
  }

  resume(): void {
    process.kill(this.#running(), 'SIGCONT');
  }

  async restart(): Promise<void> {
    await this.#end();
    await this.start();
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    try {
      await this.#end();
      await this.#parts.cleanUp?.();
      await endMarked(this.#parts.mark);
    } finally {
      removeDirectory(this.directory);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #end(): Promise<void> {
    if (!this.isAlive()) return;
    await end(this.pid);
    await waitUntil(() => !this.isAlive(), 1_000, 1);
  }

  #running(): number {
    if (!this.isAlive()) throw new Error(`${this.name} does not run`);
    return this.pid;
  }
}

/** Throws with the reason where the broker is not installed. */
export function assertInstalled(kind: BrokerKind): void {
  const { available, reason } = availability(kind);
  if (!available) throw new Error(reason);
}

export function newHome(kind: BrokerKind): { directory: string; mark: string } {
  assertInstalled(kind);
  return { directory: makeDirectory(kind), mark: newMark() };
}

/**
 * Launches a broker made by `make` and waits for it. A failed start leaves nothing behind. A port that another
 * program took in the meantime is the one failure worth a second try, with new ports.
 */
export async function bringUp<T extends ChildBroker>(
  make: () => Promise<T>,
  options: CommonOptions,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const broker = await make();
    broker.launch();
    if (options.waitReady === false) return broker;
    try {
      await broker.waitReady();
      return broker;
    } catch (error) {
      await broker.stop();
      const portTaken = /address already in use|eaddrinuse|no acceptor/i.test(String(error));
      if (!portTaken || attempt === 2) throw error;
    }
  }
}
