import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  type AuditProxy,
  escapeBytes,
  readItems,
  startProxy,
  type TranscriptRecord,
} from '../../../src/audit/index.js';
import type { Headers } from '../../../src/frame/index.js';
import { type Broker, makeDirectory, removeDirectory, waitUntil } from '../rig/index.js';
import { type Daemon, end, newMark, startDaemon, tail } from '../rig/process.js';

/** A real mcollectived and the command `mco`, each with a recorded connection to a broker. */

export interface Setup {
  /** MCollective's own connector for this broker. */
  readonly connector: 'activemq' | 'rabbitmq';
  readonly user: string;
  readonly password: string;
  /** More lines for both configurations. */
  readonly lines: readonly string[];
}

/** A frame as it passed. */
export interface Passed {
  readonly command: string;
  readonly headers: Headers;
  readonly body: Buffer;
  readonly bytes: Buffer;
  readonly by: 'mcollectived' | 'mco' | 'broker';
  readonly to: 'mcollectived' | 'mco' | 'broker';
  readonly atMs: number;
}

type Program = 'mcollectived' | 'mco';

const RUBY = ['-W0', '-rmcollective'];

export function mcollectiveVersion(): string {
  return execFileSync('ruby', [...RUBY, '-e', 'print MCollective::VERSION'], { encoding: 'utf8' });
}

export class Collective {
  readonly #directory = makeDirectory('mcollective');
  readonly #records: Record<Program, TranscriptRecord[]> = { mcollectived: [], mco: [] };
  readonly #proxies: AuditProxy[] = [];
  #daemon: Daemon | undefined;

  static async start(broker: Broker, setup: Setup): Promise<Collective> {
    const collective = new Collective();
    try {
      await collective.#start(broker, setup);
      return collective;
    } catch (error) {
      await collective.stop();
      throw error;
    }
  }

  async #start(broker: Broker, setup: Setup): Promise<void> {
    writeFileSync(join(this.#directory, 'facts.yaml'), '---\nos: debian\n');
    for (const program of ['mcollectived', 'mco'] as const) {
      const onRecord = (record: TranscriptRecord) => void this.#records[program].push(record);
      const proxy = await startProxy({ to: { host: broker.host, port: broker.port }, onRecord });
      this.#proxies.push(proxy);
      mkdirSync(join(this.#directory, program));
      writeFileSync(this.#path(program, 'cfg'), this.#config(program, proxy.port, setup));
    }
    const config = this.#path('mcollectived', 'cfg');
    this.#daemon = startDaemon({
      command: 'ruby',
      args: [...RUBY, '/usr/sbin/mcollectived', '--config', config, '--no-daemonize'],
      cwd: this.#directory,
      logFile: this.#path('mcollectived', 'out'),
      mark: newMark(),
    });
    const listens = () =>
      this.passed().some(
        ({ command, by, headers }) =>
          command === 'SUBSCRIBE' &&
          by === 'mcollectived' &&
          /discovery/.test(headers.get('destination') ?? ''),
      );
    if (await waitUntil(() => listens() || this.#daemon?.ended() !== undefined, 60_000, 20)) {
      if (this.#daemon.ended() === undefined) return;
    }
    throw new Error(`mcollectived does not listen; it ${this.#daemon.ended() ?? 'runs'}\n${this.log()}`);
  }

  /** Runs `mco` with these arguments, and gives what it prints. */
  async mco(...args: string[]): Promise<string> {
    const config = ['--config', this.#path('mco', 'cfg')];
    const { stdout } = await promisify(execFile)('ruby', [...RUBY, '/usr/bin/mco', ...args, ...config], {
      cwd: this.#directory,
      env: { PATH: process.env['PATH'], LANG: 'C.UTF-8', HOME: this.#directory, TERM: 'dumb' },
      timeout: 60_000,
      killSignal: 'SIGKILL',
    });
    return stdout;
  }

  /** All frames of both programs so far, in order. */
  passed(): Passed[] {
    const frames = (['mcollectived', 'mco'] as const).flatMap((program) =>
      [...readItems(this.#records[program])].flatMap(({ record, item }): Passed[] => {
        if (item.kind !== 'frame') return [];
        const { command, headers, body } = item.frame;
        const [by, to] =
          record.direction === 'to-broker' ? ([program, 'broker'] as const) : (['broker', program] as const);
        return [{ command, headers, body, bytes: item.bytes, by, to, atMs: record.atMs }];
      }),
    );
    return frames.sort((one, other) => one.atMs - other.atMs);
  }

  /** The conversations as text, a frame a line. */
  session(): string {
    return this.passed()
      .map(({ by, to, bytes }) => `${by} -> ${to}: ${escapeBytes(bytes)}`)
      .join('\n');
  }

  log(): string {
    return tail([this.#path('mcollectived', 'out'), this.#path('mcollectived', 'log')]);
  }

  async stop(): Promise<void> {
    if (this.#daemon?.ended() === undefined && this.#daemon !== undefined)
      await end(this.#daemon.pid, 'SIGTERM', 5_000);
    for (const proxy of this.#proxies) await proxy.close();
    removeDirectory(this.#directory);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #path(program: Program, suffix: 'cfg' | 'log' | 'out'): string {
    return join(this.#directory, program, `it.${suffix}`);
  }

  #config(program: Program, port: number, { connector, user, password, lines }: Setup): string {
    const member = `plugin.${connector}.pool.1`;
    const settings = {
      main_collective: 'mcollective',
      collectives: 'mcollective',
      logger_type: 'file',
      logfile: this.#path(program, 'log'),
      loglevel: 'info',
      daemonize: 0,
      identity: program === 'mco' ? 'client.test' : 'node1.test',
      registerinterval: 0,
      securityprovider: 'psk',
      'plugin.psk': 'testkey',
      factsource: 'yaml',
      'plugin.yaml': join(this.#directory, 'facts.yaml'),
      libdir: '/usr/share/mcollective/plugins',
      direct_addressing: 1,
      connector,
      [`plugin.${connector}.pool.size`]: 1,
      [`${member}.host`]: '127.0.0.1',
      [`${member}.port`]: port,
      [`${member}.user`]: user,
      [`${member}.password`]: password,
    };
    const own = Object.entries(settings).map(([key, value]) => `${key} = ${value}`);
    return `${[...own, ...lines].join('\n')}\n`;
  }
}
