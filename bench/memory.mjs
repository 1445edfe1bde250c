import { fileURLToPath } from 'node:url';
import { runJson } from './child.mjs';
import { startServer } from './native.mjs';

const SIZE = 1024;
const OFFERED = 1_000_000_000;
const COUNT = Math.ceil(OFFERED / SIZE);
/** 32 MB. */
const MOST_MIB = 32e6 / 2 ** 20;

/** Each case in a process of its own; `server` is what it talks to. See drivers/memory-case.mjs. */
const CASES = [
  { name: 'stalled broker, send while it says true', case: 'stalledPolite', server: ['stall', {}] },
  {
    name: 'stalled broker, 1 GB offered to send whatever it says',
    case: 'stalledRude',
    server: ['stall', {}],
  },
  {
    name: 'handler that never finishes, 1 GB offered',
    case: 'stuckHandler',
    server: ['source', { size: SIZE, count: COUNT }],
  },
  {
    name: 'iterator nobody reads, 1 GB offered',
    case: 'unreadIterator',
    server: ['source', { size: SIZE, count: COUNT }],
  },
  { name: '1 GB received', case: 'received', server: ['source', { size: SIZE, count: COUNT }] },
  { name: '1 GB sent, drained when asked to', case: 'sent', server: ['sink', {}] },
];

export async function measureMemory(log) {
  const rows = [];
  for (const { name, case: which, server } of CASES) {
    log(`memory: ${name}`);
    const row = await runCase(which, server, { size: SIZE, count: COUNT });
    rows.push({ name, ...row, met: row.peakMiB === undefined ? null : row.peakMiB < MOST_MIB });
  }
  return rows;
}

/** Receives, sends and publishes for as long as it is told, and looks whether it grows. */
export async function measureGrowth(seconds, log) {
  log(`memory: ${seconds} s of traffic`);
  const sink = await startServer('sink', { seconds: seconds + 60 });
  const source = ['source', { size: SIZE, count: 1_000_000_000, seconds: seconds + 60 }];
  const row = await runCase('growth', source, { size: SIZE, seconds, sinkPort: sink.port });
  sink.kill();
  return { name: `${seconds} s of traffic`, ...row };
}

async function runCase(which, [role, options], job) {
  const server = await startServer(role, options);
  const script = fileURLToPath(new URL('./drivers/memory-case.mjs', import.meta.url));
  const args = ['--expose-gc', script, which, JSON.stringify({ ...job, port: server.port })];
  try {
    return await runJson(process.execPath, args, { timeoutMs: ((job.seconds ?? 0) + 120) * 1000 });
  } catch (error) {
    return { note: `failed: ${error.message}` };
  } finally {
    server.kill();
  }
}
