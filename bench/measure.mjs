import { makeBody } from './bodies.mjs';
import { runJson } from './child.mjs';
import { startServer } from './native.mjs';

/** The timed part is preceded by this share of it, on the same connection. */
const WARM = 0.25;
const MIN_COUNT = { publish: 2, confirm: 2, receive: 4, codec: 1 };

/**
 * Runs one client through one scenario once, with `count` timed frames.
 * @returns {Promise<{rate: number, seconds: number, frames: number, cpu: number, peakKiB: number, lost: number, faults: string[]}>}
 */
export async function runOnce(client, scenario, count, extra = {}) {
  const { mode, size, subs } = scenario.job;
  const warm = Math.max(1, Math.round(count * WARM));
  const job = { ...scenario.job, warm, count, ...extra };
  if (mode === 'codec') return judge(client, await runJson(...client.command(job)), job);
  const role = mode === 'receive' ? 'source' : 'sink';
  const options =
    mode === 'receive'
      ? { size, subs, count: warm + count, body: job.body, chunk: job.piece }
      : { sum: job.verify ? 1 : 0 };
  const server = await startServer(role, options);
  try {
    const result = await runJson(...client.command({ ...job, port: server.port, perBlock: server.perBlock }));
    const seen = await server.end();
    return judge(client, result, { ...job, perBlock: server.perBlock }, seen);
  } catch (error) {
    server.kill();
    throw error;
  }
}

function judge(client, result, job, seen) {
  const faults = [];
  if (result.stalled) faults.push(`silent after ${result.frames + job.warm} of ${job.warm + job.count}`);
  if (result.emptyReads) faults.push(`${result.emptyReads} reads gave nothing though messages came`);
  if (result.misrouted) faults.push(`${result.misrouted} to the wrong subscription`);
  if (result.wrong) faults.push(`${result.wrong} bodies wrong`);
  const lost = job.mode === 'receive' && client.kind !== 'limit' ? countLost(result, job) : 0;
  if (lost > 0) faults.push(`${lost} lost`);
  if (seen && job.mode !== 'receive' && client.kind !== 'limit') judgeSink(seen, job, faults);
  return {
    ...result,
    rate: result.frames / result.seconds,
    serverCpu: shareOf(seen, result, job),
    lost,
    faults,
  };
}

/** What the source or sink took of one core, warming included: near 1 it is the source or sink that is measured. */
function shareOf(seen, { seconds, frames }, { warm }) {
  return seen?.cpu === undefined ? undefined : seen.cpu / (seconds * (1 + warm / frames));
}

/** How far the last id is behind what it should be, within a block; the verification counts each gap. */
function countLost({ last, skipped, frames }, { warm, count, perBlock, verify }) {
  if (verify) return skipped ?? 0;
  if (!last || frames < count) return 0;
  const expected = (warm + count - 1) % perBlock;
  return (Number(last.slice(-8)) - expected + perBlock) % perBlock;
}

function judgeSink(seen, job, faults) {
  if (seen.failed !== undefined) {
    faults.push(`broken framing: ${seen.failed || 'the sink ended'}`);
    return;
  }
  const sent = job.warm + job.count;
  if (seen.sends < sent) faults.push(`${sent - seen.sends} of ${sent} did not arrive`);
  if (seen.sends > sent) faults.push(`${seen.sends - sent} too many arrived`);
  const bytes = sent * job.size;
  if (seen.bodyBytes < bytes) faults.push(`${bytes - seen.bodyBytes} body bytes missing`);
  if (seen.bodyBytes > bytes) faults.push(`${seen.bodyBytes - bytes} body bytes too many`);
  if (
    job.verify &&
    faults.length === 0 &&
    seen.bodySum !== sent * sumOf(makeBody(job.body ?? 'ascii', job.size, 0))
  )
    faults.push('body bytes changed');
}

function sumOf(bytes) {
  return bytes.reduce((sum, byte) => sum + byte, 0);
}

/** How many frames take `seconds`: doubles and more until a run is long enough to be believed. */
export async function calibrate(client, scenario, seconds) {
  const least = MIN_COUNT[scenario.job.mode];
  const scale = 256 / Math.max(scenario.job.size, 256);
  let count = Math.max(least, Math.round(client.guess * Math.max(scale, 0.0005) * seconds * 0.15));
  if (scenario.job.window === 1) count = Math.min(count, 500);
  for (let run = 0; run < 8; run++) {
    const result = await runOnce(client, scenario, count);
    const longEnough = result.seconds >= Math.min(0.12, seconds / 4);
    const wanted = Math.max(least, Math.ceil((count * seconds * 1.05) / Math.max(result.seconds, 1e-4)));
    if (longEnough) return wanted;
    count = Math.min(wanted, count * 25);
  }
  return count;
}

/** A short run that compares every id and body. */
export async function verify(client, scenario) {
  const { mode, size } = scenario.job;
  if (client.kind === 'limit' || mode === 'codec') return [];
  const count = size > 65_536 ? 12 : size > 4096 ? 120 : scenario.job.subs ? 20_000 : 12_000;
  const few = scenario.job.window === 1 ? 60 : count;
  return (await runOnce(client, scenario, few, { verify: true, stalledMs: 2_000 })).faults;
}
