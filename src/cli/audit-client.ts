import { type ClientErrand, clientCases, runClientSuite } from '../audit/index.js';
import { readAddress, showAddress } from './audit-address.js';
import { readListenTls } from './audit-proxy.js';
import { countCases, listCases, readCases, SUITE_OPTIONS, SuiteReport } from './audit-suite.js';
import { type Command, CommandError, count, exitOf, flag, text, UsageError } from './command.js';
import { cannotListen } from './commands/broker.js';

const HELP = `usage: stompwire audit client --listen [HOST:]PORT [options]

Plays a broker for whatever client connects, and looks at it, case by case: each
is one connection, which has to do the errand of docs/conformance.md. The next
case is told, and begins when the client connects again. When nobody does, the
run ends.

  --listen [HOST:]PORT  where the client connects; 0 takes a free port each time
  --second PORT         the second broker, for failover; default PORT + 1
  --tls-listen CERT,KEY  speak TLS (two PEM files)
  --case ID             this case alone; "read." means all that begin so. As
                        often as you like
  --list                the cases, by sections of the specification
  --wait S              seconds for a client to connect; default 15
  --timeout S           seconds for the whole run; default 900
  --junit FILE          JUnit XML, one test for each case
  --json                one object a line: next case, its result, and the end

Exit codes: 0 nothing fails, 1 something does, 2 cannot listen, or not all cases
were run, 130 Ctrl-C.`;

export const auditClient: Command = {
  name: 'audit client',
  summary: 'plays a broker, and looks at a client',
  help: HELP,
  options: {
    ...SUITE_OPTIONS,
    listen: { type: 'string' },
    second: { type: 'string' },
    'tls-listen': { type: 'string' },
    wait: { type: 'string' },
    timeout: { type: 'string' },
  },
  run: async ({ values }, { terminal, signal }) => {
    const json = flag(values, 'json');
    if (flag(values, 'list')) return listCases(terminal, json, clientCases);
    const cases = readCases(values, clientCases);
    const waitMs = (count(values, 'wait', 1, 3_600) ?? 15) * 1_000;
    const limitMs = (count(values, 'timeout', 1, 86_400) ?? 900) * 1_000;
    const listen = readAddress(values, 'listen', 0);
    if (listen === undefined) throw new UsageError('--listen [HOST:]PORT is missing');
    const secondPort = count(values, 'second', 0, 65_535) ?? (listen.port === 0 ? 0 : listen.port + 1);
    if ((secondPort === listen.port && secondPort > 0) || secondPort > 65_535)
      throw new UsageError('--second: another port than --listen is needed');
    const tls = readListenTls(text(values, 'tls-listen'));
    const total = countCases(clientCases, cases);
    const over = new AbortController();
    const stop = AbortSignal.any([signal, over.signal]);
    const report = new SuiteReport(values, { name: 'client', total, signal: stop }, terminal);
    const limit = setTimeout(() => over.abort('--timeout is over'), limitMs);
    try {
      await runClientSuite({
        ...{ host: listen.host, port: listen.port, secondPort, tls, cases },
        ...{ signal: stop, connectMs: waitMs },
        onCase: (errand) => tellCase(errand),
        onResult: (result) => {
          const nobody = result.transcript.length === 0;
          if (nobody) over.abort('no client has connected');
          report.add(result);
        },
      });
    } catch (error) {
      const options = { port: '--listen', tls: '--tls-listen' };
      throw cannotListen(error as NodeJS.ErrnoException, `${showAddress(listen)} and ${secondPort}`, options);
    } finally {
      clearTimeout(limit);
    }
    const code = report.end();
    if (signal.aborted) return exitOf(signal);
    if (!report.isComplete) throw new CommandError(`the run has ended early: ${over.signal.reason}`);
    return code;

    function tellCase({ id, title, host, port }: ClientErrand): void {
      if (stop.aborted) return;
      if (json) terminal.json({ event: 'next', id, title, host, port, secondPort });
      else terminal.note(`next: ${id} (${title}), at ${showAddress({ host, port })}`);
    }
  },
};
