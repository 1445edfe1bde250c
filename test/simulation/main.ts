import { simulate } from './simulate.js';

/**
 * What `scripts/simulate.mjs` runs, in as many processes as there are cores:
 * `main.js --from N --step N --count N [--trace] [--stop]`. A line of JSON for each failing seed, and one at the end.
 */
const value = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};

const from = value('from', 1);
const step = value('step', 1);
const count = value('count', 1);
const tracing = process.argv.includes('--trace');
const stops = process.argv.includes('--stop');
const say = (what: object): void => void process.stdout.write(`${JSON.stringify(what)}\n`);

const counts: Record<string, number> = {};
let events = 0;
let failed = 0;
let seeds = 0;
for (let i = 0; i < count; i++) {
  const result = await simulate(from + i * step, tracing);
  seeds++;
  events += result.events;
  for (const [name, number] of Object.entries(result.counts)) counts[name] = (counts[name] ?? 0) + number;
  for (const line of result.trace) say({ trace: line });
  if (result.faults.length === 0) continue;
  failed++;
  say({ seed: result.seed, faults: result.faults });
  if (stops) break;
}
say({ seeds, failed, events, counts });
