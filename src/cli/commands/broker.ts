import { Broker, type BrokerFrameEvent, type BrokerObserver, type Fault } from '../../broker/index.js';
import {
  type Command,
  CommandError,
  count,
  EXIT,
  flag,
  type Invocation,
  text,
  UsageError,
  type World,
} from '../command.js';
import { headersObject } from '../messages.js';
import { readSecret, readText } from '../target.js';
import { printable, type Terminal } from '../terminal.js';

const HELP = `usage: stompwire broker [options]

A STOMP 1.0 broker in this process, for tests and first steps: it keeps all in
memory. For production use ActiveMQ or RabbitMQ. It says what passes, a line a
frame: number of the connection, < from the client, > to it. Ctrl-C ends it.

  --port N            default 61613; 0 takes any free one
  --host ADDRESS      default 127.0.0.1: for this machine only
  --login NAME        lets in nobody but NAME; the passcode is in the variable
                      STOMP_PASSWORD or, with --passcode-file F, in a file
  --logins FILE       lets in those of a file: a NAME:PASSCODE a line
  --cert F --key F    speaks TLS, with this certificate and its key (PEM)
  --fault JSON        trouble for every connection, such as {"refuse":true},
                      {"silent":"connected"}, {"cutAfterBytes":{"out":900}},
                      {"errorOn":{"command":"SEND","message":"no"}},
                      {"dropReceipts":true}, {"delayReceiptsMs":500},
                      {"dribble":{"bytes":1,"everyMs":5}}; see docs/cli.md
  --fault-next JSON   the same for one connection; more than once: one by one
  --quiet, --json     no traffic; or all that is said as one object a line

Exit codes: 0 Ctrl-C, 2 it cannot listen there, 64 wrong command line.`;

const LARGEST_PORT = 65_535;

export const broker: Command = {
  name: 'broker',
  summary: 'an embedded broker for tests, with trouble to order',
  help: HELP,
  options: {
    port: { type: 'string' },
    host: { type: 'string' },
    login: { type: 'string' },
    'passcode-file': { type: 'string' },
    logins: { type: 'string' },
    cert: { type: 'string' },
    key: { type: 'string' },
    fault: { type: 'string' },
    'fault-next': { type: 'string', multiple: true },
    quiet: { type: 'boolean' },
    json: { type: 'boolean' },
  },
  run: async ({ values }, world) => {
    const { terminal, signal } = world;
    const json = flag(values, 'json');
    const one = await start(values, world, flag(values, 'quiet') ? {} : traffic(terminal, json));
    try {
      if (json) terminal.json({ event: 'listening', url: one.url, host: one.host, port: one.port });
      else announce(terminal, one);
      await aborted(signal, terminal.gone);
    } finally {
      await one.stop();
    }
    const { accepted, framesIn, framesOut } = one.stats();
    if (json) terminal.json({ event: 'stopped', connections: accepted, framesIn, framesOut });
    else terminal.line(`stopped after ${accepted} connections, ${framesIn} frames in, ${framesOut} out`);
    return EXIT.ok;
  },
};

async function start(values: Invocation['values'], world: World, observer: BrokerObserver): Promise<Broker> {
  const port = count(values, 'port', 0, LARGEST_PORT) ?? 61_613;
  const host = text(values, 'host') ?? '127.0.0.1';
  const fault = text(values, 'fault');
  const next = (values['fault-next'] ?? []) as readonly string[];
  const faults = next.map((one) => readFault('--fault-next', one));
  const options = {
    port,
    host,
    observer,
    logins: readLogins(values, world.env),
    tls: readTls(values),
    faults: fault === undefined ? undefined : readFault('--fault', fault),
  };
  try {
    const one = await Broker.start(options);
    for (const each of faults) one.faults.next(each);
    return one;
  } catch (error) {
    throw cannotListen(error as NodeJS.ErrnoException, `${host}:${port}`);
  }
}

/** Node's error in words; `options` are those that name the port and the certificate. */
export function cannotListen(
  error: NodeJS.ErrnoException,
  where: string,
  options: { readonly port: string; readonly tls: string } = { port: '--port', tls: '--cert, --key' },
): Error {
  const reasons: Record<string, string> = {
    EADDRINUSE: `the port is taken; ${options.port} 0 takes a free one`,
    EACCES: 'permission denied; ports below 1024 need more rights',
    EADDRNOTAVAIL: 'this machine has no such address',
    ENOTFOUND: 'there is no host of that name',
  };
  const reason = reasons[error.code ?? ''] ?? (error.syscall === undefined ? undefined : error.message);
  if (reason !== undefined) return new CommandError(`cannot listen on ${where}: ${reason}`);
  return error.code?.startsWith('ERR_OSSL') ? new CommandError(`${options.tls}: ${error.message}`) : error;
}

function readLogins(
  values: Invocation['values'],
  env: World['env'],
): ReadonlyMap<string, string> | undefined {
  const [login, file] = [text(values, 'login'), text(values, 'logins')];
  const passcodeFile = text(values, 'passcode-file');
  if (login !== undefined && file !== undefined)
    throw new UsageError('--login and --logins exclude each other');
  if (login === undefined && passcodeFile !== undefined)
    throw new UsageError('--passcode-file needs --login');
  if (file !== undefined) return new Map(readText('cannot read', file).split(/\r?\n/).flatMap(readLogin));
  if (login === undefined) return undefined;
  if (login.includes(':')) throw new UsageError('--login: a name alone; the passcode has its own place');
  const passcode = passcodeFile === undefined ? env.STOMP_PASSWORD : readSecret(passcodeFile).reveal();
  if (passcode !== undefined) return new Map([[login, passcode]]);
  throw new UsageError('--login: a passcode is missing, in STOMP_PASSWORD or --passcode-file');
}

function readLogin(line: string, i: number): Array<[string, string]> {
  if (line.trim() === '' || line.startsWith('#')) return [];
  const colon = line.indexOf(':');
  if (colon < 1) throw new CommandError(`--logins, line ${i + 1}: expected NAME:PASSCODE`);
  return [[line.slice(0, colon), line.slice(colon + 1)]];
}

function readTls(values: Invocation['values']): { cert: string; key: string } | undefined {
  const [cert, key] = [text(values, 'cert'), text(values, 'key')];
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) throw new UsageError('--cert and --key need each other');
  return { cert: readText('cannot read', cert), key: readText('cannot read', key) };
}

function readFault(option: string, json: string): Fault {
  try {
    const fault: unknown = JSON.parse(json);
    if (typeof fault === 'object' && fault !== null && !Array.isArray(fault)) return fault as Fault;
  } catch {
    // what follows says so
  }
  throw new UsageError(`${option}: expected a JSON object, such as {"refuse":true}`);
}

function announce(terminal: Terminal, { url }: Broker): void {
  terminal.line(`${terminal.paint('bold', `listening on ${url}`)}; Ctrl-C ends it`);
  terminal.line(Broker.NOTICE);
}

function traffic(terminal: Terminal, json: boolean): BrokerObserver {
  const say = (event: string, connection: number, text: string, more: object = {}): void => {
    if (json) terminal.json({ event, connection, ...more });
    else terminal.line(`${String(connection).padStart(4)} ${printable(text)}`);
  };
  const frame = (direction: 'in' | 'out', { connection, frame: one }: BrokerFrameEvent): void => {
    const { command, headers, body } = one;
    const shown = [...headers].map(([name, value]) => `${name}:${value}`).join(' ');
    const size = body.length === 0 ? '' : `  ${body.length} bytes`;
    const more = { command, headers: headersObject(headers), bodyBytes: body.length };
    say(
      direction,
      connection,
      `${direction === 'in' ? '<' : '>'} ${command} ${shown}${size}`.trimEnd(),
      more,
    );
  };
  return {
    onOpen: ({ connection, peer }) => say('open', connection, `opened by ${peer}`, { peer }),
    onFrameIn: (event) => frame('in', event),
    onFrameOut: (event) => frame('out', event),
    onBadFrame: ({ connection, reason }) => say('bad', connection, `is not STOMP: ${reason}`, { reason }),
    onClose: ({ connection, bytesIn, bytesOut }) =>
      say('close', connection, `closed; ${bytesIn} bytes in, ${bytesOut} out`, { bytesIn, bytesOut }),
  };
}

/** Resolves when one of them is. */
export function aborted(...signals: AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of signals) {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    }
  });
}
