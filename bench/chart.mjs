const WIDTH = 760;
const LABEL = 150;
const BAR = 16;
const GAP = 4;
const COLORS = { ours: '#0b6e4f', rival: '#8a97a6', limit: '#d5dbe1' };

/** One panel a scenario, one bar a client, each panel with a scale of its own. Limits of the machine are left out where they would dwarf the rest. */
export function drawChart({ scenarios, machine, date }) {
  const parts = [];
  let y = 56;
  for (const scenario of scenarios) {
    const rows = chooseRows(scenario);
    if (rows.length === 0) continue;
    parts.push(text(16, y, scenario.title, 'font-weight="600"'));
    y += 10;
    const most = Math.max(...rows.map((row) => row.median));
    for (const row of rows) {
      const width = Math.max(1, ((WIDTH - LABEL - 110) * row.median) / most);
      parts.push(text(LABEL - 8, y + 12, row.client, 'text-anchor="end"'));
      parts.push(
        `<rect x="${LABEL}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" fill="${COLORS[row.kind]}"/>`,
      );
      const faults = row.faults.length > 0 ? ' *' : '';
      parts.push(text(LABEL + width + 6, y + 12, `${rate(row.median)}/s${faults}`));
      y += BAR + GAP;
    }
    y += 24;
  }
  const subtitle = `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, ${date.slice(0, 10)}; medians; * lost or changed messages`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y}" viewBox="0 0 ${WIDTH} ${y}" font-family="system-ui, sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#ffffff"/>
${text(16, 22, 'stompwire and other STOMP clients, frames a second', 'font-size="15" font-weight="600"')}
${text(16, 38, subtitle, 'fill="#5b6773"')}
${parts.join('\n')}
</svg>
`;
}

function chooseRows({ rows, goals }) {
  const named = new Set(goals.map(({ against }) => against));
  return rows.filter((row) => row.median !== undefined && (row.kind !== 'limit' || named.has(row.client)));
}

function text(x, y, content, more = '') {
  const escaped = String(content).replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const fill = more.includes('fill=') ? '' : 'fill="#1c2733" ';
  return `<text x="${x.toFixed?.(1) ?? x}" y="${y}" ${fill}${more}>${escaped}</text>`;
}

function rate(value) {
  return value >= 1e6
    ? `${(value / 1e6).toFixed(2)} M`
    : value >= 1e3
      ? `${(value / 1e3).toFixed(1)} k`
      : value.toFixed(1);
}
