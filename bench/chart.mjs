import { formatRate } from './report.mjs';

const PANEL = 470;
const MARGIN = 20;
const LABEL = 124;
const BARS = 230;
const BAR = 15;
const STEP = 19;
const MOST_BARS = 6;

/** Its own ground and its own colours for either scheme, so that it can be read wherever it is shown. */
const LIGHT = {
  ground: '#ffffff',
  text: '#1f2933',
  soft: '#5b6773',
  ours: '#0b7a56',
  rival: '#8a97a6',
  limit: '#d3dae2',
};
const DARK = {
  ground: '#11161c',
  text: '#e4e9ef',
  soft: '#9aa7b4',
  ours: '#35b98a',
  rival: '#66727f',
  limit: '#2b343d',
};
const colors = ({ ground, text: ink, soft, ours, rival, limit }) =>
  `.ground{fill:${ground}} text{fill:${ink}} .soft{fill:${soft}} .ours{fill:${ours}} .rival{fill:${rival}} .limit{fill:${limit};stroke:${rival}}`;
const STYLE = `.strong{font-weight:600} .end{text-anchor:end} ${colors(LIGHT)}
@media (prefers-color-scheme:dark){${colors(DARK)}}`;

/** One panel a scenario, in two columns; each panel has a scale of its own. */
export function drawChart({ scenarios, machine, date }) {
  const panels = scenarios.map((scenario) => ({ ...scenario, bars: chooseRows(scenario) }));
  const drawn = panels.filter(({ bars }) => bars.length > 0);
  const parts = [];
  let y = 94;
  for (let i = 0; i < drawn.length; i += 2) {
    const pair = drawn.slice(i, i + 2);
    for (const [column, panel] of pair.entries()) parts.push(...drawPanel(panel, MARGIN + column * PANEL, y));
    y += 26 + Math.max(...pair.map(({ bars }) => bars.length)) * STEP + 18;
  }
  const width = MARGIN + 2 * PANEL;
  const about = `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, ${date.slice(0, 10)}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" viewBox="0 0 ${width} ${y}" font-family="system-ui, sans-serif" font-size="12" role="img" aria-label="stompwire and other STOMP clients, messages a second">
<style>${STYLE}</style>
<rect class="ground" width="100%" height="100%" rx="8"/>
${text(MARGIN, 28, 'stompwire and other STOMP clients, messages a second', 'strong', 'font-size="16"')}
${text(MARGIN, 48, `${about}; medians`, 'soft')}
${text(MARGIN, 65, '* lost or changed messages; outlined: a reader or writer that does not look at the bytes', 'soft')}
${parts.join('\n')}
</svg>
`;
}

function drawPanel({ title, bars }, x, top) {
  const parts = [text(x, top, title, 'strong')];
  const most = Math.max(...bars.map((row) => row.median));
  for (const [i, row] of bars.entries()) {
    const y = top + 10 + i * STEP;
    const width = Math.max(1, (BARS * row.median) / most);
    parts.push(text(x + LABEL - 8, y + 12, row.client, row.kind === 'ours' ? 'end strong' : 'end'));
    parts.push(
      `<rect class="${row.kind}" x="${x + LABEL}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="2"/>`,
    );
    const mark = row.faults.length > 0 ? ' *' : '';
    parts.push(text(x + LABEL + width + 6, y + 12, `${formatRate(row.median)}/s${mark}`));
  }
  return parts;
}

/** Ours, the limit that a goal names, and the fastest rivals. */
function chooseRows({ rows, goals }) {
  const named = new Set(goals.map(({ against }) => against));
  const measured = rows.filter((row) => row.median !== undefined);
  const fixed = measured.filter(({ kind, client }) => kind === 'ours' || named.has(client));
  const rivals = measured.filter((row) => row.kind === 'rival' && !fixed.includes(row));
  const chosen = new Set([...fixed, ...rivals.slice(0, Math.max(0, MOST_BARS - fixed.length))]);
  return measured.filter((row) => chosen.has(row));
}

function text(x, y, content, name = '', more = '') {
  const escaped = String(content).replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x.toFixed(1)}" y="${y}"${name && ` class="${name}"`}${more && ` ${more}`}>${escaped}</text>`;
}
