import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { runJson } from './child.mjs';
import { median, spread } from './statistics.mjs';

const SIZE = 256;
const MODES = [
  { mode: 'receive', title: 'receive 256B, one subscription', needs: 'receive', job: {} },
  {
    mode: 'confirm',
    title: 'publish 256B, 1,024 receipts in flight',
    needs: 'confirm',
    job: { window: 1024 },
  },
];
/** CPU times in /proc are in hundredths of a second. */
const TICKS = 100;

/**
 * Runs the clients against real brokers, which the tests know how to start. The broker is the limit there, so what a
 * client costs is its CPU time.
 * @param {{rounds: number, count: number, log: (text: string) => void}} options
 */
export async function measureBrokers(clients, { rounds, count, log }) {
  const folder = mkdtempSync(join(tmpdir(), 'stompwire-bench-'));
  try {
    const rig = await loadRig(folder);
    const brokers = [
      { name: 'ActiveMQ', kind: 'activemq', start: rig.startActiveMQ },
      { name: 'RabbitMQ', kind: 'rabbitmq', start: rig.startRabbitMQ },
    ];
    const results = [];
    for (const { name, kind, start } of brokers) {
      const { available, reason, version } = rig.availability(kind);
      if (!available) {
        results.push({ broker: name, absent: reason });
        continue;
      }
      log(`brokers: ${name} starts`);
      const broker = await start({ login: 'bench', passcode: 'bench' });
      try {
        for (const it of MODES)
          results.push({
            broker: name,
            version,
            ...(await raceOn(broker, it, clients, { rounds, count, log })),
          });
      } finally {
        await broker.stop();
      }
    }
    return results;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function loadRig(folder) {
  const outfile = join(folder, 'rig.mjs');
  const entry = fileURLToPath(new URL('../test/brokers/rig/index.ts', import.meta.url));
  const withoutVitest = {
    name: 'without-vitest',
    setup(it) {
      it.onResolve({ filter: /^vitest$/ }, () => ({ path: 'vitest', namespace: 'none' }));
      it.onLoad({ filter: /.*/, namespace: 'none' }, () => ({
        contents: 'export const describe = () => {}; export const test = () => {};',
      }));
    },
  };
  await build({
    entryPoints: [entry],
    bundle: true,
    format: 'esm',
    platform: 'node',
    outfile,
    plugins: [withoutVitest],
    logLevel: 'error',
  });
  return import(pathToFileURL(outfile).href);
}

async function raceOn(broker, { mode, title, needs, job }, clients, { rounds, count, log }) {
  const entries = clients
    .filter((client) => client.kind !== 'limit' && client.can.has(needs))
    .map((client) => ({
      client,
      count: Math.min(count, Math.ceil(client.guess * 0.4)),
      runs: [],
      faults: new Set(),
    }));
  const ours = clients.find(({ kind }) => kind === 'ours');
  const run = (client, more) =>
    runJson(...client.command({ size: SIZE, port: broker.port, persistent: false, perBlock: 1, ...more }));
  // The first thousands of messages find a broker that is not warm yet.
  await run(ours, { mode: 'confirm', window: 1024, warm: 0, count });
  const empty = () => run(ours, { mode: 'receive', warm: 0, count: 1e9, stalledMs: 400 });
  await empty();
  for (let round = 0; round < rounds; round++) {
    for (const { client, count: frames, runs, faults } of entries) {
      log(`brokers: ${broker.name}, ${mode}, round ${round + 1} of ${rounds}, ${client.name}`);
      const warm = Math.round(frames / 4);
      try {
        if (mode === 'receive')
          await run(ours, { mode: 'confirm', window: 1024, warm: 0, count: warm + frames });
        const before = cpuOf(broker.pid);
        const result = await run(client, { mode, warm, count: frames, ...job });
        const brokerCpu = cpuOf(broker.pid) - before;
        if (result.stalled) throw new Error(`silent after ${result.frames + warm} of ${warm + frames}`);
        const rate = result.frames / result.seconds;
        runs.push({ rate, cpu: result.cpu / result.frames, broker: brokerCpu / (warm + frames) });
        if (mode === 'receive') continue;
      } catch (error) {
        faults.add(`failed: ${error.message}`);
      }
      await empty();
    }
  }
  const rows = entries.map(({ client, runs, faults }) => ({
    client: client.name,
    kind: client.kind,
    faults: [...faults],
    ...(runs.length > 0 && {
      ...spread(runs.map(({ rate }) => rate)),
      cpuSecondsPerMillion: median(runs.map(({ cpu }) => cpu)) * 1e6,
      brokerCpuSecondsPerMillion: median(runs.map((it) => it.broker)) * 1e6,
    }),
  }));
  rows.sort((a, b) => (a.cpuSecondsPerMillion ?? Infinity) - (b.cpuSecondsPerMillion ?? Infinity));
  return { mode, title, rows };
}

/** CPU seconds of a process and of all that it started. */
function cpuOf(root) {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return {
          pid: Number(name),
          parent: Number(fields[1]),
          ticks: Number(fields[11]) + Number(fields[12]),
        };
      } catch {
        return []; // it has just ended
      }
    });
  const sum = (pid) =>
    processes
      .filter(({ parent }) => parent === pid)
      .reduce((total, child) => total + sum(child.pid), processes.find((it) => it.pid === pid)?.ticks ?? 0);
  return sum(root) / TICKS;
}
