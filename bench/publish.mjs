/**
 * Puts the figures of a run into the documents, so that nobody types one: `node bench/publish.mjs [--from FILE]` writes
 * docs/speed.json, docs/speed.svg and what stands between the marks in README.md and docs/speed.md. Without --from it
 * takes results/full.json, what a whole `npm run bench` leaves. `--check` only says whether the documents are those of
 * docs/speed.json.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { drawChart } from './chart.mjs';
import { formatRate } from './report.mjs';

const { values } = parseArgs({
  options: { from: { type: 'string' }, check: { type: 'boolean', default: false } },
});
const inRoot = (path) => new URL(`../${path}`, import.meta.url);
const read = (path) => readFileSync(inRoot(path), 'utf8');

const source = values.check ? inRoot('docs/speed.json') : (values.from ?? inRoot('bench/results/full.json'));
const result = shorten(JSON.parse(readFileSync(source, 'utf8')));
const files = {
  'docs/speed.json': `${JSON.stringify(result, undefined, 1)}\n`,
  'docs/speed.svg': drawChart(result),
  'README.md': put(read('README.md'), renderShort(result)),
  'docs/speed.md': put(read('docs/speed.md'), renderLong(result)),
};
const differing = Object.entries(files).filter(([path, text]) => read(path) !== text);
if (values.check) {
  for (const [path] of differing) console.error(`${path} is not what docs/speed.json gives`);
  process.exitCode = differing.length > 0 ? 1 : 0;
} else {
  for (const [path, text] of differing) writeFileSync(inRoot(path), text);
  console.log(`written: ${differing.map(([path]) => path).join(', ') || 'nothing, all is as it was'}`);
}

/** Three or four digits are more than a noisy machine can tell; the single rounds are left out. */
function shorten(whole) {
  const { rates: _, ...kept } = whole;
  return JSON.parse(
    JSON.stringify(kept, (key, value) => {
      if (key === 'rates') return undefined;
      return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
    }),
  );
}

function put(text, table) {
  const [begin, end] = ['<!-- speed:begin -->', '<!-- speed:end -->'];
  const [from, to] = [text.indexOf(begin) + begin.length, text.indexOf(end)];
  if (to < from) throw new Error(`no ${begin} and ${end}`);
  return `${text.slice(0, from)}\n\n${table}\n\n${text.slice(to)}`;
}

function describeRun({ machine, date, options }) {
  const day = new Date(date).toLocaleDateString('en-GB', { dateStyle: 'long', timeZone: 'UTC' });
  const stolen =
    machine.stolen > 0.01 ? `, ${(machine.stolen * 100).toFixed(0)} % of its time given to others` : '';
  return `${options.rounds} interleaved rounds of ${options.seconds} s, medians, ${machine.cores} cores of ${machine.cpu}${stolen}, ${machine.system}, Node ${machine.node}, ${day}`;
}

function table(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function ratioText({ ratio }) {
  const digits = (value) => (value >= 10 ? value.toFixed(1) : value.toFixed(2));
  return ratio ? `${digits(ratio.median)} (${digits(ratio.min)}-${digits(ratio.max)})` : 'not measured';
}

function renderShort(it) {
  const rows = it.scenarios.map(({ title, rows: all }) => {
    const rate = (row) => (row?.median === undefined ? '' : formatRate(row.median));
    const find = (name) => all.find(({ client }) => client === name);
    const rival = all.find(({ kind, median }) => kind === 'rival' && median !== undefined);
    const others = ['stompit', 'php-stomp'].map((name) => rate(find(name)));
    const fastest = rival ? `${rate(rival)} (${rival.client}${rival.faults.length > 0 ? ' *' : ''})` : '';
    return [title, rate(find('stompwire')), fastest, ...others];
  });
  return [
    '![messages a second, stompwire beside other clients](docs/speed.svg)',
    '',
    `Messages a second in one run of \`npm run bench\` (${describeRun(it)}).`,
    'A star marks a client that lost or changed messages in the same run. [docs/speed.md](docs/speed.md) has every client with its',
    'spread, CPU time and memory, and the ratios.',
    '',
    table(['', 'stompwire', 'fastest other client', 'stompit', "PHP's extension"], rows),
  ].join('\n');
}

function renderLong(it) {
  const absent = it.absent.map(({ name, reason }) => `${name} (${reason})`).join('; ');
  const goals = it.scenarios.flatMap(({ title, goals: all }) =>
    all.map((goal) => [
      title,
      goal.against,
      ratioText(goal),
      goal.floor,
      goal.met === null ? '' : goal.met ? 'yes' : 'no',
    ]),
  );
  return [
    `One run: ${describeRun(it)}.${absent ? ` Absent: ${absent}.` : ''}`,
    '',
    '![messages a second, stompwire beside other clients](speed.svg)',
    '',
    '## Ratios',
    '',
    "stompwire's messages a second as a multiple of the other's, taken in each round: median, least and most.",
    '',
    table(['Scenario', 'Against', 'Ratio', 'Wanted at least', 'Reached'], goals),
    '',
    '## Every client',
    ...it.scenarios.flatMap(renderScenario),
    ...renderBrokers(it.brokers),
    ...renderScaling(it.scaling),
    ...renderMemory(it.memory),
    ...renderImports(it.imports),
  ].join('\n');
}

function renderScenario({ title, rows }) {
  const head = ['Client', 'Messages/s', 'Least', 'Most', 'CPU s a million', 'Other side', 'Peak MiB', 'Seen'];
  const body = rows.map((row) =>
    row.median === undefined
      ? [row.client, '', '', '', '', '', '', row.faults.join('; ')]
      : [
          row.client,
          formatRate(row.median),
          formatRate(row.min),
          formatRate(row.max),
          row.cpuSecondsPerMillion.toFixed(2),
          row.serverCpu === undefined ? '' : `${Math.round(row.serverCpu * 100)} %`,
          row.peakMiB,
          row.faults.join('; '),
        ],
  );
  return ['', `### ${title}`, '', table(head, body)];
}

function renderBrokers(brokers = []) {
  if (brokers.length === 0) return [];
  const parts = brokers.map(({ broker, version, absent, title, rows }) => {
    if (absent) return `${broker} was left out: ${absent}.`;
    const head = ['Client', 'CPU s a million', "Broker's CPU s a million", 'Messages/s', 'Seen'];
    const body = rows.map((row) =>
      row.median === undefined
        ? [row.client, '', '', '', row.faults.join('; ')]
        : [
            row.client,
            row.cpuSecondsPerMillion.toFixed(2),
            row.brokerCpuSecondsPerMillion.toFixed(1),
            `${formatRate(row.median)} (${formatRate(row.min)}-${formatRate(row.max)})`,
            row.faults.join('; '),
          ],
    );
    return `### ${broker} ${version}: ${title}\n\n${table(head, body)}`;
  });
  const intro =
    'Messages that are not persistent, so that no disk is measured. The broker is the limit of the rate, and it has the same two cores; what a client can do about it is to take little CPU time.';
  return ['', '## Through real brokers', '', intro, '', parts.join('\n\n')];
}

function renderScaling(scaling) {
  if (!scaling) return [];
  const body = scaling.judged.map(({ what, ratio, most }) => [
    what,
    ratio.toFixed(2),
    most,
    ratio <= most ? 'yes' : 'no',
  ]);
  const intro =
    'Time, without a socket: the highest of the least of seven rounds, as a multiple of the lowest. What can be counted is guarded by tests.';
  const each = (rows) =>
    rows.map(({ count, nsPerMessage }) => `${count}: ${Math.round(nsPerMessage)} ns`).join(', ');
  const limit = `A receipt, by how many are in flight, ${each(scaling.receipts)}. A promise with its \`then\` and nothing else of a client: ${each(scaling.promises)}.`;
  return [
    '',
    '## Growth of the cost',
    '',
    intro,
    '',
    table(['What', 'Ratio', 'Wanted at most', 'Reached'], body),
    '',
    limit,
  ];
}

function renderMemory(rows = []) {
  if (rows.length === 0) return [];
  const body = rows.map(({ name, grownMiB, peakMiB, met, note }) => [
    name,
    grownMiB?.toFixed(1) ?? '',
    peakMiB?.toFixed(1) ?? '',
    met === undefined || met === null ? '' : met ? 'yes' : 'no',
    note,
  ]);
  const head = ['Case', 'MiB at the end', 'MiB at most', 'Less than 32 MB', ''];
  return ['', '## Memory', '', 'RSS above what it was when connected.', '', table(head, body)];
}

function renderImports(imports) {
  if (!imports) return [];
  const sizes = new Map(imports.sizes.map((size) => [size.name, size]));
  const body = imports.modules.map(({ name, gross, net }) => {
    const size = sizes.get(name);
    const kib = (bytes) => (bytes === undefined ? '' : (bytes / 1024).toFixed(1));
    return [name, gross.median.toFixed(1), net.toFixed(1), kib(size?.minified), kib(size?.gzipped)];
  });
  const head = ['Module', 'ms', 'Above an empty one', 'KiB minified', 'KiB gzipped'];
  return ['', '## Import', '', table(head, body)];
}
