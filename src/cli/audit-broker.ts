import { type BrokerTarget, brokerCases, runBrokerSuite } from '../audit/index.js';
import { Endpoint } from '../transport/endpoint.js';
import type { Passcode } from '../transport/secret.js';
import { countCases, listCases, readCases, SUITE_OPTIONS, SuiteReport } from './audit-suite.js';
import {
  type Command,
  count,
  exitOf,
  flag,
  type Invocation,
  text,
  UsageError,
  type World,
} from './command.js';
import { readHeaders } from './headers.js';
import { readTarget } from './target.js';
import { printable } from './terminal.js';

const HELP = `usage: stompwire audit broker URL [options]

Plays a client and looks at the broker, case by case: what is against the
specification fails, what it leaves open is a dialect. It uses destinations of
its own with random names and reads away what it sent: run it where others work,
too. A run takes about a minute.

  --case ID             this case alone; "receipt." means all that begin so.
                        As often as you like
  --list                the cases, by sections of the specification
  --timeout MS          how long an answer may take; default 1500
  -H, --header N:VALUE  a header of every CONNECT, such as host:/vhost
  --queues P, --topics P  how their names begin; default /queue/ and /topic/
  --junit FILE          JUnit XML, one test for each case
  --json                one object a line: each case, and the end

URL: stomp://login@host:port or stomp+ssl://host:port (--ca FILE: whom to
trust). The passcode: STOMP_PASSWORD, with STOMP_USER where the URL has no
login, or --passcode-file FILE.

Exit codes: 0 nothing fails, 1 something does, 2 no getting in, 130 Ctrl-C.`;

export const auditBroker: Command = {
  name: 'audit broker',
  summary: 'plays a client, and looks at a broker',
  help: HELP,
  options: {
    ...SUITE_OPTIONS,
    timeout: { type: 'string' },
    header: { type: 'string', short: 'H', multiple: true },
    queues: { type: 'string' },
    topics: { type: 'string' },
    ca: { type: 'string' },
    'passcode-file': { type: 'string' },
  },
  args: { min: 0, max: 1 },
  run: async ({ values, args }, world) => {
    const { terminal, signal } = world;
    if (flag(values, 'list')) return listCases(terminal, flag(values, 'json'), brokerCases);
    const cases = readCases(values, brokerCases);
    const timeoutMs = count(values, 'timeout', 1, 600_000);
    const [name, target] = readBroker(values, args, world);
    const total = countCases(brokerCases, cases);
    const report = new SuiteReport(values, { name, total, signal }, terminal);
    const { server } = await runBrokerSuite(target, {
      ...{ cases, signal, timeoutMs },
      onResult: (result) => report.add(result),
    });
    if (!flag(values, 'json') && server !== undefined) terminal.line(`\n${name} is ${printable(server)}`);
    const code = report.end({ url: name, server: server ?? null });
    return signal.aborted ? exitOf(signal) : code;
  },
};

function readBroker(
  values: Invocation['values'],
  [url]: readonly string[],
  { env }: World,
): [name: string, target: BrokerTarget] {
  if (url === undefined) throw new UsageError('URL is missing');
  const { hosts } = readTarget({ ...values, url }, env).connect;
  if (hosts.length > 1) throw new UsageError('one broker at a time: give the URL of one');
  const { name, host, port, login, passcode, tls } = new Endpoint(hosts[0]!);
  const ca = tls?.ca as string | undefined;
  const connectHeaders = readHeaders(values);
  const target: BrokerTarget = {
    ...{ host, port, login, passcode: reveal(passcode), connectHeaders },
    ...{ tls: tls === undefined ? undefined : { ca } },
    ...{ queues: text(values, 'queues'), topics: text(values, 'topics') },
  };
  return [name, target];
}

function reveal(passcode: Passcode | undefined): string | undefined {
  if (passcode === undefined || typeof passcode === 'string') return passcode;
  return typeof passcode === 'function' ? undefined : passcode.reveal();
}
