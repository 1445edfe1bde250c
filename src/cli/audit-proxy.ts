import {
  type AuditProxy,
  type Finding,
  type ProxyTls,
  renderText,
  startProxy,
  type TranscriptRecord,
  TranscriptWriter,
} from '../audit/index.js';
import { type HostAndPort, readAddress, showAddress } from './audit-address.js';
import { TranscriptFiles } from './audit-files.js';
import { FINDINGS_OPTIONS, Findings, readChoice } from './audit-findings.js';
import { findingJson, findingLine } from './audit-show.js';
import { type Command, count, EXIT, flag, type Invocation, text, UsageError } from './command.js';
import { aborted, cannotListen } from './commands/broker.js';
import { readText } from './target.js';
import { printable, type Terminal } from './terminal.js';

const HELP = `usage: stompwire audit proxy --listen [HOST:]PORT --to HOST:PORT [options]

Stands between clients and a broker. Every byte passes unchanged, and is held
against the rules: findings are told as they are made, each rule once for each
connection, and all at the end. Ctrl-C ends it, and cuts what is open.

  --listen [HOST:]PORT   where clients connect; 0 takes any free port
  --to HOST:PORT         the broker
  --tls-listen CERT,KEY  speak TLS with the clients (two PEM files)
  --tls-to               speak TLS with the broker; --ca FILE: whom to trust.
                         Without these two, TLS passes, and cannot be read
  --transcript FILE      write what passes, passcodes as *, for audit read
  --max-bytes N          of one part of it; default 67108864. The next parts are
                         FILE.2 and so on (session.2.jsonl for session.jsonl)
  --max-parts N          keep the latest N parts; default 10
  --severity LEVEL       tell these and worse: violation, deviation, dialect,
                         advice (default)
  --fail-on LEVEL        exit with 1 for these and worse; default deviation;
                         or never
  --json                 one object a line, for each event

Exit codes: 0 clean, 1 findings, 2 cannot listen, or the transcript was lost.`;

/** Findings told one by one, in --json; the others are in the counts at the end. */
const MOST_TOLD = 10_000;
/** Connections whose comings and goings are told. */
const MOST_CONNECTIONS = 10_000;

export const auditProxy: Command = {
  name: 'audit proxy',
  summary: 'stands between clients and a broker, and records what passes',
  help: HELP,
  options: {
    listen: { type: 'string' },
    to: { type: 'string' },
    'tls-listen': { type: 'string' },
    'tls-to': { type: 'boolean' },
    ca: { type: 'string' },
    transcript: { type: 'string' },
    'max-bytes': { type: 'string' },
    'max-parts': { type: 'string' },
    ...FINDINGS_OPTIONS,
    json: { type: 'boolean' },
  },
  run: async ({ values }, world) => {
    const { terminal, signal } = world;
    const job = readJob(values);
    const say = flag(values, 'json') ? asJson(terminal) : asText(terminal);
    const findings = new Findings(readChoice(values), say.finding);
    const transcript = await startTranscript(values, terminal);
    const watch = new Watch(say, findings, transcript?.writer);
    const proxy = await start(job, (record) => watch.record(record)).catch(async (error) => {
      await transcript?.files.close();
      throw error;
    });
    try {
      say.listening(proxy, job);
      await aborted(signal, terminal.gone);
      watch.end();
    } finally {
      await proxy.close();
      await transcript?.files.close();
    }
    const dropped = transcript?.writer.stats.dropped ?? 0;
    if (dropped > 0) terminal.note(`stompwire: ${dropped} records are not in the transcript`);
    say.stopped(findings, watch.unreached);
    return transcript?.files.failure !== undefined || dropped > 0 ? EXIT.failed : findings.exitCode;
  },
};

interface Job {
  readonly listen: HostAndPort;
  readonly to: HostAndPort;
  readonly tlsListen: ProxyTls['listen'];
  readonly tlsTo: { readonly ca: string | undefined } | undefined;
}

function readJob(values: Invocation['values']): Job {
  const [listen, to] = [readAddress(values, 'listen', 0), readAddress(values, 'to', 1)];
  if (listen === undefined) throw new UsageError('--listen [HOST:]PORT is missing');
  if (to === undefined) throw new UsageError('--to HOST:PORT is missing');
  const ca = text(values, 'ca');
  if (ca !== undefined && !flag(values, 'tls-to')) throw new UsageError('--ca needs --tls-to');
  const authority = ca === undefined ? undefined : readText('cannot read the authority', ca);
  const tlsTo = flag(values, 'tls-to') ? { ca: authority } : undefined;
  return { listen, to, tlsListen: readListenTls(text(values, 'tls-listen')), tlsTo };
}

/** `CERT,KEY`: two files. */
export function readListenTls(given: string | undefined): ProxyTls['listen'] {
  if (given === undefined) return undefined;
  const [cert, key, ...more] = given.split(',');
  if (!cert || !key || more.length > 0) throw new UsageError('--tls-listen: expected CERT,KEY: two files');
  return { cert: readText('cannot read', cert), key: readText('cannot read', key) };
}

async function start(job: Job, onRecord: (record: TranscriptRecord) => void): Promise<AuditProxy> {
  const { listen, to, tlsListen, tlsTo } = job;
  try {
    return await startProxy({ listen, to, tls: { listen: tlsListen, to: tlsTo }, onRecord });
  } catch (error) {
    const options = { port: '--listen', tls: '--tls-listen' };
    throw cannotListen(error as NodeJS.ErrnoException, showAddress(listen), options);
  }
}

interface Transcript {
  readonly writer: TranscriptWriter;
  readonly files: TranscriptFiles;
}

async function startTranscript(
  values: Invocation['values'],
  terminal: Terminal,
): Promise<Transcript | undefined> {
  const maxBytes = count(values, 'max-bytes', 1_000, Number.MAX_SAFE_INTEGER) ?? 67_108_864;
  const parts = count(values, 'max-parts', 1, 100_000) ?? 10;
  const path = text(values, 'transcript');
  if (path === undefined) {
    const alone = ['max-bytes', 'max-parts'].find((name) => values[name] !== undefined);
    if (alone !== undefined) throw new UsageError(`--${alone} needs --transcript`);
    return undefined;
  }
  const files = new TranscriptFiles(path, parts, (error) =>
    terminal.note(`stompwire: the transcript ends here, and the proxy goes on: ${printable(error.message)}`),
  );
  const sink = await files.open();
  const writer = new TranscriptWriter({
    ...{ sink, maxBytes, encoding: 'text' },
    nextSink: (part) => files.next(part),
  });
  return { writer, files };
}

/** What is said on the way and at the end. */
interface Say {
  listening(proxy: AuditProxy, job: Job): void;
  connection(record: TranscriptRecord): void;
  finding(finding: Finding): void;
  stopped(findings: Findings, unreached: number): void;
}

/** Hands every record to whoever wants it. What comes when we leave is nobody's fault, and is not judged. */
class Watch {
  readonly #say: Say;
  readonly #findings: Findings;
  readonly #writer: TranscriptWriter | undefined;
  #over = false;
  /** Connections for which the broker could not be reached. */
  unreached = 0;

  constructor(say: Say, findings: Findings, writer: TranscriptWriter | undefined) {
    this.#say = say;
    this.#findings = findings;
    this.#writer = writer;
  }

  record(record: TranscriptRecord): void {
    this.#writer?.record(record);
    if (this.#over) return;
    if (record.kind === 'close' && record.error === 'STOMP_CONNECT_FAILED') this.unreached++;
    const isTold = record.kind !== 'bytes' && record.connection <= MOST_CONNECTIONS;
    if (isTold) this.#say.connection(record);
    this.#findings.record(record);
  }

  end(): void {
    this.#over = true;
    this.#findings.end();
  }
}

function asText(terminal: Terminal): Say {
  const told = new Set<string>();
  return {
    listening: ({ host, port }, { to }) => {
      const at = terminal.paint('bold', `listening on ${showAddress({ host, port })}`);
      terminal.line(`${at}, for the broker at ${showAddress(to)}; Ctrl-C ends it`);
    },
    connection: (record) => terminal.line(connectionLine(record)),
    finding: (finding) => {
      const key = `${finding.connection} ${finding.rule}`;
      if (told.has(key) || told.size >= MOST_TOLD) return;
      told.add(key);
      terminal.line(findingLine(terminal, finding));
    },
    stopped: (findings, unreached) => {
      const times = unreached === 1 ? 'once' : `${unreached} times`;
      if (unreached > 0) terminal.line(`the broker could not be reached ${times}`);
      terminal.line();
      const options = { color: terminal.isColoured };
      void terminal.write(renderText(findings.report('stompwire audit proxy'), options));
    },
  };
}

function connectionLine(record: TranscriptRecord): string {
  const number = String(record.connection).padStart(4);
  if (record.kind === 'open') return `${number} opened`;
  if (record.kind !== 'close') return `${number} ${record.kind === 'note' ? printable(record.text) : ''}`;
  const by = record.by === undefined ? '' : ` by the ${record.by}`;
  const error = record.error === undefined ? '' : `: ${record.error}`;
  return `${number} closed${by}${error}`;
}

function asJson(terminal: Terminal): Say {
  let told = 0;
  return {
    listening: ({ host, port }, { to }) =>
      terminal.json({ event: 'listening', host, port, to: showAddress(to) }),
    connection: (record) => {
      const { kind: event, connection, wallMs } = record;
      const end = record.kind === 'close' ? { by: record.by ?? null, error: record.error ?? null } : {};
      terminal.json({ event, connection, wallMs, ...end });
    },
    finding: (finding) => {
      if (++told <= MOST_TOLD) terminal.json({ event: 'finding', ...findingJson(finding) });
    },
    stopped: (findings, unreached) =>
      terminal.json({ event: 'stopped', unreached, ...findings.report('').summary }),
  };
}
