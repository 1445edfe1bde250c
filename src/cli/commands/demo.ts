import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Broker } from '../../broker/index.js';
import { Connector, parseConfig } from '../../connector/index.js';
import type { Settings } from '../../connector/settings.js';
import { Endpoint } from '../../transport/endpoint.js';
import { type Command, count, EXIT, flag, type Invocation, type World } from '../command.js';
import { type BrokerPair, startPair } from '../demo/pair.js';
import { Reporter } from '../demo/report.js';
import { FailoverClock, Tally } from '../demo/tally.js';
import { Traffic, WINDOW } from '../demo/traffic.js';
import { leaveOn } from '../leave.js';
import { packageRoot } from '../package-root.js';
import { namesTarget, readTarget, TARGET_OPTIONS } from '../target.js';

const EXAMPLE = join(packageRoot(import.meta.url), 'examples/client-pool.cfg');
/** After an interrupt, how long the messages under way may take. */
const LEAVE_MS = 2_000;

const HELP = `usage: stompwire demo [--messages N] [--json]
       stompwire demo --config client.cfg | --url URL [--messages N] [--wait S]

Sends numbered messages through a pair of embedded brokers, which share a store,
and kills the active one half-way: the client fails over to the other. What had
no RECEIPT then is sent again. At the end it says how many were published,
received, lost and received twice, each counted by its number.

With --config or --url it runs against your brokers, in a queue of its own
(/queue/stompwire.demo.*, left empty), and kills nothing: that is up to you.

  --messages N    1 to 1000000; default 20000
  --config FILE   the brokers of a client.cfg     --url URL   or of a URL
  --passcode-file FILE, --ca FILE                 as for the other commands
  --wait S        seconds without news after which what is missing counts as
                  lost: 1 to 3600; default 5
  --json          one object at the end

Exit codes: 0 all was received, 1 messages were lost, 2 it failed, 130 Ctrl-C.`;

export const demo: Command = {
  name: 'demo',
  summary: 'two brokers, one of them killed: nothing is lost (npm start)',
  help: HELP,
  options: {
    messages: { type: 'string' },
    wait: { type: 'string' },
    json: { type: 'boolean' },
    ...TARGET_OPTIONS,
  },
  run: async ({ values }, world) => {
    const messages = count(values, 'messages', 1, 1_000_000) ?? 20_000;
    const patienceMs = (count(values, 'wait', 1, 3_600) ?? 5) * 1_000;
    const own = namesTarget(values);
    const given = own ? readTarget(values, world.env) : readExample();
    const pair = own ? undefined : await startPair(given);
    try {
      return await run(pair, pair?.settings ?? given, { messages, patienceMs }, values, world);
    } finally {
      await pair?.stop();
    }
  },
};

/** The variables would send the demo elsewhere, and are left aside. */
function readExample(): Settings {
  return parseConfig(readFileSync(EXAMPLE, 'utf8'));
}

async function run(
  pair: BrokerPair | undefined,
  settings: Settings,
  { messages, patienceMs }: { messages: number; patienceMs: number },
  values: Invocation['values'],
  { terminal, signal }: World,
): Promise<number> {
  const tally = new Tally(messages);
  const failover = new FailoverClock(() => performance.now());
  const reporter = new Reporter(terminal, tally, flag(values, 'json'));
  const hosts = settings.connect.hosts.map((host) => new Endpoint(host).name);
  reporter.intro(hosts, WINDOW, pair === undefined ? undefined : Broker.NOTICE);

  const leave = leaveOn(signal);
  const connector = new Connector(settings, {
    signal: leave.signal,
    observer: {
      onConnected: ({ endpoint }) => {
        failover.connected();
        reporter.connected(endpoint);
      },
      onFrameOut: ({ frame }) => {
        if (frame.command === 'SEND') tally.sends++;
      },
      onDisconnect: ({ endpoint, error }) => {
        if (error === undefined) return;
        failover.lost();
        if (pair === undefined) reporter.lost(endpoint);
      },
    },
  });
  let killed = false;
  const killHalfway = () => {
    if (pair === undefined || killed || tally.confirmed < Math.floor(messages / 2)) return;
    killed = true;
    failover.lost();
    void pair.active.kill();
    reporter.killed(hosts[0]!);
  };
  try {
    await connector.connect();
    leave.connected(LEAVE_MS);
    const queue = `/queue/stompwire.demo.${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}`;
    const traffic = new Traffic({
      connector,
      settings,
      queue,
      tally,
      failover,
      patienceMs,
      signal,
      onConfirmed: killHalfway,
    });
    killHalfway();
    await traffic.run();
    reporter.result({ durationMs: traffic.durationMs, failoversMs: failover.durationsMs, killed });
    return tally.missing === 0 ? EXIT.ok : EXIT.findings;
  } finally {
    reporter.stop();
    connector.pool?.destroy();
    leave.done();
  }
}
