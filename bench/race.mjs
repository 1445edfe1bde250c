import { calibrate, runOnce, verify } from './measure.mjs';
import { median, spread } from './statistics.mjs';

/** Who takes part in a scenario: each client that can, and the twin if there is one. */
function findEntries(scenario, clients, quick) {
  const entries = clients
    .filter((client) => client.can.has(scenario.needs) && fitsLimit(client, scenario))
    .filter((client) => !quick || scenario.quick.includes(client.name))
    .map((client) => ({ label: client.name, client, scenario }));
  const twin = clients.find((client) => client.name === scenario.twin?.client);
  if (twin)
    entries.push({
      label: scenario.twin.label,
      client: twin,
      scenario: { ...scenario, job: scenario.twin.job },
    });
  return entries;
}

/** The limits read or write; only one of both makes sense here. */
function fitsLimit(client, { job }) {
  return client.kind !== 'limit' || client.can.has(job.mode);
}

/**
 * Checks, calibrates, then lets all take turns: round by round, so that what disturbs the machine disturbs all.
 * @param {import('./scenarios.mjs').Scenario} scenario
 * @param {{rounds: number, seconds: number, quick: boolean, log: (text: string) => void}} options
 */
export async function race(scenario, clients, options) {
  const { rounds, seconds, quick, log } = options;
  const entries = [];
  for (const entry of findEntries(scenario, clients, quick)) {
    log(`${scenario.name}: ${entry.label}`);
    try {
      const faults = quick ? [] : await verify(entry.client, entry.scenario);
      const count = await calibrate(entry.client, entry.scenario, seconds);
      entries.push({ ...entry, count, runs: [], faults: new Set(faults) });
    } catch (error) {
      entries.push({ ...entry, runs: [], faults: new Set([`failed: ${error.message}`]), failed: true });
    }
  }
  for (let round = 0; round < rounds; round++) {
    for (const entry of entries.filter(({ failed }) => !failed)) {
      log(`${scenario.name}: round ${round + 1} of ${rounds}, ${entry.label}`);
      await runEntry(entry, seconds, round);
    }
  }
  return summarize(scenario, entries);
}

async function runEntry(entry, seconds, round) {
  try {
    let run = await runOnce(entry.client, entry.scenario, entry.count);
    if (run.seconds < seconds * 0.8) {
      entry.count = Math.ceil((entry.count * seconds * 1.1) / run.seconds);
      run = await runOnce(entry.client, entry.scenario, entry.count);
    }
    entry.runs[round] = run;
    for (const fault of run.faults) entry.faults.add(`${fault} in a race`);
  } catch (error) {
    entry.faults.add(`failed: ${error.message}`);
  }
}

function summarize(scenario, entries) {
  const rows = entries.map(({ label, client, scenario: { job }, runs, faults }) => {
    const done = runs.filter((run) => run !== undefined);
    const row = {
      client: label,
      kind: client.kind,
      faults: [...faults],
      rates: runs.map((run) => run?.rate ?? null),
    };
    if (done.length === 0) return row;
    return {
      ...row,
      ...spread(done.map((run) => run.rate)),
      megabytesPerSecond: (median(done.map((run) => run.rate)) * job.size) / 1e6,
      cpuSecondsPerMillion: median(done.map((run) => run.cpu / run.frames)) * 1e6,
      serverCpu: job.mode === 'codec' ? undefined : median(done.map((run) => run.serverCpu ?? 0)),
      peakMiB: Math.round(Math.max(...done.map((run) => run.peakKiB)) / 1024),
    };
  });
  rows.sort((a, b) => (b.median ?? 0) - (a.median ?? 0));
  return {
    name: scenario.name,
    title: scenario.title,
    size: scenario.job.size,
    rows,
    goals: scenario.goals.map((goal) => judge(goal, rows)),
  };
}

/** The ratio of each round, against whoever is named; the fastest rival is the one with the highest median. */
function judge({ against, floor }, rows) {
  const ours = rows.find((row) => row.kind === 'ours' && row.client === 'stompwire');
  const rival = against === 'fastest rival' ? rows.find((row) => row.kind === 'rival') : undefined;
  const other = rival ?? rows.find((row) => row.client === against);
  const goal = { against: rival ? `fastest rival (${rival.client})` : against, floor };
  const ratios = (ours?.rates ?? [])
    .map((rate, round) => (rate && other?.rates[round] ? rate / other.rates[round] : undefined))
    .filter((ratio) => ratio !== undefined);
  if (ratios.length === 0) return { ...goal, met: null };
  const ratio = spread(ratios);
  return { ...goal, ratio, met: ratio.median >= floor };
}
