import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { audit } from '../../src/audit/auditor.js';
import { renderHtml } from '../../src/audit/report/html.js';
import { session, talk, times } from './support/talk.js';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--window-size=1200,900',
];

/** Found on PATH, or named by STOMPWIRE_CHROMIUM. */
function findBrowser(): string | undefined {
  const { STOMPWIRE_CHROMIUM: named, PATH = '' } = process.env;
  if (named) return named;
  const candidates = NAMES.flatMap((name) => PATH.split(':').map((directory) => join(directory, name)));
  return candidates.find((file) => existsSync(file));
}

const browser = findBrowser();
if (browser === undefined)
  console.warn(`report-browser.test.ts: skipped, none of ${NAMES.join(', ')} is installed`);

/** What the page says of itself once it is laid out; its own policy forbids scripts, so this one is put in its place. */
const PROBE = `<script>
addEventListener('load', () => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const box = (element) => element.getBoundingClientRect();
  const [client, broker] = all('.lane').map((lane) => box(lane));
  const wires = all('.wire').slice(0, 60).map((wire) => box(wire));
  const open = all('details.row')[1];
  const closedHeight = box(open).height;
  open.open = true;
  const inside = box(open.querySelector('.inside'));
  const told = {
    lanes: [client.left < broker.left, client.top === broker.top],
    out: all('.row.frame.out').length, in: all('.row.frame.in').length,
    flags: all('a.flag').map((flag) => flag.textContent),
    findings: all('details.finding').length,
    lanesMeetWires: wires.every((wire) => wire.left > client.left && wire.left < client.right && wire.right > broker.left && wire.right <= broker.right),
    opens: closedHeight < 40 && inside.height > 40 && inside.left >= wires[0].left - 1 && inside.right <= wires[0].right + 1,
    overflow: document.documentElement.scrollWidth > innerWidth,
    broken: all('a[href^="#"]').filter((a) => !document.getElementById(a.getAttribute('href').slice(1))).length,
    marks: all('mark').map((mark) => mark.textContent),
  };
  document.body.innerHTML = '';
  document.body.append(Object.assign(document.createElement('pre'), { id: 'told', textContent: JSON.stringify(told) }));
});
</script>`;

async function open(html: string): Promise<Record<string, unknown>> {
  const directory = mkdtempSync(join(tmpdir(), 'stompwire-report-'));
  try {
    const page = join(directory, 'report.html');
    const probed = html.replace(/<meta http-equiv[^>]*>/, '').replace('</head>', `${PROBE}</head>`);
    writeFileSync(page, probed);
    const args = [
      ...FLAGS,
      `--user-data-dir=${join(directory, 'profile')}`,
      '--dump-dom',
      pathToFileURL(page).href,
    ];
    const { stdout } = await promisify(execFile)(browser!, args, { timeout: 60_000, maxBuffer: 1 << 26 });
    const text = /<pre id="told">(.*?)<\/pre>/s.exec(stdout)?.[1];
    if (text === undefined) throw new Error(`the page told nothing: ${stdout.slice(0, 500)}`);
    return JSON.parse(text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'));
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

describe.skipIf(browser === undefined)('the HTML report in a browser', () => {
  test('has lanes, arrows, marks and findings where they belong', { timeout: 90_000 }, async () => {
    const records = talk(session('> SEND\ndestination:/queue/a\nk:1\nk:2\n\n\0', '> SEND\n\n\0'));
    const { findings, summary } = audit(records);
    expect(await open(renderHtml({ findings, summary, records }))).toEqual({
      lanes: [true, true],
      out: 4,
      in: 2,
      flags: ['repeated-header', 'send-without-destination'],
      findings: 2,
      lanesMeetWires: true,
      opens: true,
      overflow: false,
      broken: 0,
      // The header begins on one line of the dump and ends on the next.
      marks: ['6b 3a', 'k:', '32', '2'],
    });
  });

  test('takes 10,000 frames', { timeout: 90_000 }, async () => {
    const records = talk(session(...times(10_000, () => '> SEND\ndestination:/queue/a\n\n\0')));
    const { findings, summary } = audit(records);
    const told = await open(renderHtml({ findings, summary, records }, { maxFrames: 20_000 }));
    expect(told).toMatchObject({ out: 10_002, in: 2, findings: 0, overflow: false, lanesMeetWires: true });
  });
});
