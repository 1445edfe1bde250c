import { runOnce } from './measure.mjs';

/**
 * What a client makes of harder input than the races use. Each is a small run whose ids and bodies are compared.
 * `needs` as in scenarios.mjs; a client that takes strings only is not blamed for binary bodies it cannot send.
 */
const TRIALS = [
  trial('receive ascii 256B at full speed', 'receive', { mode: 'receive', size: 256 }, 100_000),
  trial('receive utf-8 256B', 'receive', { mode: 'receive', size: 256, body: 'utf8' }, 2_000),
  trial('receive utf-8 64KiB', 'receive', { mode: 'receive', size: 65_536, body: 'utf8' }, 60),
  trial('receive binary 256B', 'receive', { mode: 'receive', size: 256, body: 'binary' }, 2_000),
  trial('receive ascii 256B in writes of 7 bytes', 'receive', { mode: 'receive', size: 256, piece: 7 }, 300),
  trial(
    'receive utf-8 256B in writes of 7 bytes',
    'receive',
    { mode: 'receive', size: 256, body: 'utf8', piece: 7 },
    300,
  ),
  trial('publish utf-8 256B', 'publish', { mode: 'publish', size: 256, body: 'utf8' }, 500),
  trial('publish binary 256B', 'bytes', { mode: 'publish', size: 256, body: 'binary', bytes: true }, 500),
];

function trial(title, needs, job, count) {
  return { title, needs, job: { ...job, verify: true, stalledMs: 1_500 }, count };
}

/** @returns {Promise<Array<{trial: string, client: string, faults: string[]}>>} */
export async function findFaults(clients, onResult = () => {}) {
  const results = [];
  for (const { title, needs, job, count } of TRIALS) {
    for (const client of clients) {
      if (client.kind === 'limit' || !client.can.has(needs)) continue;
      const faults = await runOnce(client, { job }, count, {}).then(
        (result) => result.faults,
        (error) => [`failed: ${error.message}`],
      );
      results.push({ trial: title, client: client.name, faults });
      onResult(results.at(-1));
    }
  }
  return results;
}
