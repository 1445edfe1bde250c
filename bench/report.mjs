/** @param {number} rate */
export function formatRate(rate) {
  if (rate >= 1e6) return `${(rate / 1e6).toFixed(2)}M`;
  if (rate >= 1e4) return `${Math.round(rate / 1e3)}k`;
  if (rate >= 1e3) return `${(rate / 1e3).toFixed(1)}k`;
  return rate.toFixed(rate >= 100 ? 0 : 1);
}

function formatRatio(ratio) {
  return ratio >= 10 ? ratio.toFixed(1) : ratio.toFixed(2);
}

/** Columns as wide as they need to be; the first one leftbound. */
export function formatTable(head, rows) {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)));
  const line = (cells) => {
    const padded = cells.map((cell, i) =>
      i === 0 || i === cells.length - 1 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]),
    );
    return `  ${padded.join('  ').trimEnd()}`;
  };
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

export function formatScenario({ title, name, rows }) {
  const head = ['client', 'frames/s', 'min', 'max', 'body MB/s', 'CPU s/M', 'other side', 'peak MiB', 'seen'];
  const body = rows.map((row) =>
    row.median === undefined
      ? [row.client, '-', '-', '-', '-', '-', '-', '-', row.faults.join('; ')]
      : [
          row.client,
          formatRate(row.median),
          formatRate(row.min),
          formatRate(row.max),
          row.megabytesPerSecond.toFixed(1),
          row.cpuSecondsPerMillion.toFixed(2),
          row.serverCpu === undefined ? '-' : `${Math.round(row.serverCpu * 100)} %`,
          String(row.peakMiB),
          row.faults.join('; '),
        ],
  );
  return `\n${title} (${name})\n${formatTable(head, body)}`;
}

export function formatGoals(scenarios) {
  const rows = scenarios.flatMap(({ name, goals }) =>
    goals.map(({ against, ratio, floor, met }) => [
      name,
      against,
      ratio ? formatRatio(ratio.median) : '-',
      ratio ? `${formatRatio(ratio.min)}-${formatRatio(ratio.max)}` : '-',
      String(floor),
      met === null ? 'not measured' : met ? 'met' : 'MISSED',
    ]),
  );
  if (rows.length === 0) return '';
  return `\ngoals: stompwire's frames/s as a multiple of the other's, round by round\n${formatTable(
    ['scenario', 'against', 'median', 'min-max', 'floor', ''],
    rows,
  )}`;
}

export function formatImports({ modules, sizes }) {
  const times = modules.map(({ name, gross, net }) => [
    name,
    gross.median.toFixed(2),
    `${gross.min.toFixed(2)}-${gross.max.toFixed(2)}`,
    net.toFixed(2),
    '',
  ]);
  const bytes = sizes.map(({ name, modules: files, minified, gzipped }) => [
    name,
    String(files),
    (minified / 1024).toFixed(1),
    (gzipped / 1024).toFixed(1),
    '',
  ]);
  return [
    '\nimport, in a fresh process each time',
    formatTable(['module', 'ms', 'min-max', 'above empty', ''], times),
    '\nsize of everything the import pulls in, Node built-ins aside',
    formatTable(['module', 'files', 'minified KiB', 'gzipped KiB', ''], bytes),
  ].join('\n');
}

export function formatMemory(rows) {
  const body = rows.map(({ name, grownMiB, peakMiB, met, note }) => [
    name,
    grownMiB?.toFixed(1) ?? '-',
    peakMiB?.toFixed(1) ?? '-',
    met === undefined ? '' : met ? 'met' : 'MISSED',
    note,
  ]);
  return `\nmemory: RSS above what it was when connected\n${formatTable(['case', 'MiB at the end', 'MiB at most', '32 MB', 'note'], body)}`;
}

export function formatFaults(results) {
  const trials = [...new Set(results.map(({ trial }) => trial))];
  const parts = trials.map((trial) => {
    const of = results.filter((result) => result.trial === trial);
    const bad = of.filter(({ faults }) => faults.length > 0);
    const good = of.filter(({ faults }) => faults.length === 0).map(({ client }) => client);
    const lines = bad.map(({ client, faults }) => `    ${client}: ${faults.join('; ')}`);
    return [`  ${trial}`, ...lines, `    right: ${good.join(', ') || 'none'}`].join('\n');
  });
  return `\nwhat was lost or changed\n${parts.join('\n')}`;
}

export function formatBrokers(results) {
  const parts = results.map(({ broker, version, absent, title, rows }) => {
    if (absent) return `\n${broker}: left out (${absent})`;
    const body = rows.map((row) => [
      row.client,
      row.median === undefined ? '-' : formatRate(row.median),
      row.median === undefined ? '-' : `${formatRate(row.min)}-${formatRate(row.max)}`,
      row.cpuSecondsPerMillion?.toFixed(2) ?? '-',
      row.brokerCpuSecondsPerMillion?.toFixed(1) ?? '-',
      row.faults.join('; '),
    ]);
    const head = ['client', 'frames/s', 'min-max', 'CPU s/M', "broker's CPU s/M", 'seen'];
    return `\n${broker} ${version}: ${title}\n${formatTable(head, body)}`;
  });
  return parts.join('\n');
}

export function formatScaling({ judged, subscriptions, receipts, promises }) {
  const rows = judged.map(({ what, ratio, most }) => [
    what,
    formatRatio(ratio),
    String(most),
    ratio <= most ? 'met' : 'MISSED',
  ]);
  const each = (them) =>
    them.map(({ count, nsPerMessage }) => `${count}: ${Math.round(nsPerMessage)} ns`).join(', ');
  return [
    '\ngrowth of the cost, without a socket: highest to lowest',
    formatTable(['what', 'ratio', 'at most', ''], rows),
    `  subscriptions, ${each(subscriptions)}`,
    `  receipts in flight, ${each(receipts)}`,
    `  promises in flight, and nothing else, ${each(promises)}`,
  ].join('\n');
}
