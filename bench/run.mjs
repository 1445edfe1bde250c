// Measures stompwire side by side with its rivals and the machine's limits; README.md says how, and what it means.
//
// usage: npm run bench -- [--quick] [--scenario NAME]... [--clients A,B] [--rounds N] [--seconds S] [--growth S] [--list]
//
//   --quick           the rivals that decide a goal, short rounds: two minutes
//   --scenario NAME   all whose names begin so
//   --rounds N        how often each client has its turn (5), for --seconds S each (1)
//   --growth S        how long the run that looks for growth of memory lasts (60)
//   --list            names the scenarios

import { mkdirSync, writeFileSync } from 'node:fs';
import { readOptions } from '../scripts/options.mjs';
import { measureBrokers } from './brokers.mjs';
import { drawChart } from './chart.mjs';
import { findClients } from './clients.mjs';
import { findFaults } from './faults.mjs';
import { measureImports, measureSizes } from './imports.mjs';
import { describeMachine, watchSteal } from './machine.mjs';
import { measureGrowth, measureMemory } from './memory.mjs';
import { race } from './race.mjs';
import {
  formatBrokers,
  formatFaults,
  formatGoals,
  formatImports,
  formatMemory,
  formatScaling,
  formatScenario,
} from './report.mjs';
import { measureScaling } from './scaling.mjs';
import { SCENARIOS } from './scenarios.mjs';
import { prepare } from './setup.mjs';

const values = readOptions(import.meta.url, {
  quick: { type: 'boolean', default: false },
  scenario: { type: 'string', multiple: true },
  clients: { type: 'string' },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  growth: { type: 'string', default: '60' },
  list: { type: 'boolean', default: false },
});

const OTHERS = ['import', 'memory', 'growth', 'faults', 'brokers', 'scaling'];
if (values.list) {
  for (const { name, title } of SCENARIOS) console.log(`${name.padEnd(16)}${title}`);
  console.log(`and ${OTHERS.join(', ')}`);
  process.exit(0);
}

const number = (name, otherwise) => {
  const value = values[name] === undefined ? otherwise : Number(values[name]);
  if (!(value > 0)) throw new Error(`--${name} needs a number above 0, and got ${values[name]}`);
  return value;
};
const quick = values.quick;
const rounds = Math.ceil(number('rounds', quick ? 3 : 5));
const seconds = number('seconds', quick ? 0.2 : 1);
const growthSeconds = number('growth', 60);
const wanted = values.scenario?.flatMap((names) => names.split(','));
const isWanted = (name, otherwise) =>
  wanted?.some((it) => name === it || name.startsWith(`${it}-`)) ?? otherwise;
for (const name of wanted ?? [])
  if (
    ![...SCENARIOS.map((scenario) => scenario.name), ...OTHERS].some(
      (it) => it === name || it.startsWith(`${name}-`),
    )
  )
    throw new Error(`no such scenario: ${name}; --list names them`);

const status = process.stderr.isTTY
  ? (text) => process.stderr.write(`\r\x1b[K${text.slice(0, (process.stderr.columns ?? 80) - 1)}`)
  : () => {};

prepare(status);
const machine = describeMachine();
const stolen = watchSteal();
const { present, absent } = findClients(values.clients?.split(','));
const hasOurs = present.some(({ name }) => name === 'stompwire');
const result = {
  date: new Date().toISOString(),
  machine,
  options: { quick, rounds, seconds },
  clients: present.map(({ name, kind, version }) => ({ name, kind, version })),
  absent,
  scenarios: [],
};

const say = (text) => {
  status('');
  if (text) console.log(text);
};

say(
  `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}, ${result.date}`,
);
if (machine.loadAtStart > 0.5)
  say(
    `load before the start: ${machine.loadAtStart.toFixed(2)}; something else is running, so distrust these figures`,
  );
say(`${rounds} rounds of at least ${(seconds * 0.8).toFixed(2)} s, all clients in turn; medians`);
for (const { name, reason } of absent) say(`absent: ${name} (${reason})`);

for (const scenario of SCENARIOS.filter(({ name }) => isWanted(name, true))) {
  const raced = await race(scenario, present, {
    rounds,
    seconds,
    quick: quick && !values.clients,
    log: status,
  });
  result.scenarios.push(raced);
  say(formatScenario(raced));
  save();
}
if (isWanted('import', hasOurs) && hasOurs) {
  status('import');
  result.imports = { modules: await measureImports(quick ? 5 : 51), sizes: await measureSizes() };
  say(formatImports(result.imports));
}
if (isWanted('memory', hasOurs && !quick)) {
  result.memory = await measureMemory(status);
}
if (isWanted('growth', hasOurs && !quick)) {
  result.memory = [...(result.memory ?? []), await measureGrowth(growthSeconds, status)];
}
if (result.memory) say(formatMemory(result.memory));
if (isWanted('faults', !quick)) {
  result.faults = await findFaults(present, ({ trial, client }) => status(`faults: ${trial}, ${client}`));
  say(formatFaults(result.faults));
}
if (isWanted('scaling', hasOurs && !quick)) {
  status('scaling');
  result.scaling = await measureScaling();
  say(formatScaling(result.scaling));
}
if (isWanted('brokers', hasOurs && !quick) && hasOurs) {
  const count = quick ? 5_000 : 15_000;
  result.brokers = await measureBrokers(present, { rounds: Math.min(rounds, 3), count, log: status });
  say(formatBrokers(result.brokers));
}
say(formatGoals(result.scenarios));
if (quick || values.clients) say('  the fastest rival is the fastest of those that took part in this run');
if (stolen() > 0.01)
  say(`the hypervisor gave ${(stolen() * 100).toFixed(1)} % of the time to others; distrust single figures`);
save();

/** `latest` is the newest run whatever it was; `full` is the newest one that left nothing out. */
function save() {
  machine.stolen = stolen();
  const folder = new URL('./results/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  const full = !quick && !wanted && !values.clients && result.brokers;
  for (const name of full ? ['latest', 'full'] : ['latest']) {
    writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(result, undefined, 2)}\n`);
    writeFileSync(new URL(`${name}.svg`, folder), drawChart(result));
  }
}
