import { describe, expect, test } from 'vitest';
import { audit } from '../../src/audit/auditor.js';
import { escapeBytes } from '../../src/audit/excerpt.js';
import { escapeMarkup } from '../../src/audit/report/escape.js';
import { hexDump, hexMarkup } from '../../src/audit/report/hex.js';
import { htmlParts, renderHtml } from '../../src/audit/report/html.js';
import { renderJson } from '../../src/audit/report/json.js';
import { renderJunit, renderJunitSuites } from '../../src/audit/report/junit.js';
import type { Report } from '../../src/audit/report/report.js';
import { renderText } from '../../src/audit/report/text.js';
import { RULES } from '../../src/audit/rules/index.js';
import { session, talk, times } from './support/talk.js';

function reportOf(...lines: string[]): Report {
  const records = talk(session(...lines));
  const { findings, summary } = audit(records);
  return { findings, summary, records };
}

const FAULTY = reportOf('> SEND\ndestination:/queue/<a>\nk:1\nk:2\n\n\0', '> SEND\n\n\0', '> SEND\n\n\0');
const CLEAN = reportOf();

describe('text', () => {
  test('is short, and tells each rule once', () => {
    expect(renderText(FAULTY)).toBe(
      [
        'stompwire audit: 7 frames on 1 connection, 154 bytes: 2 violations, 1 deviation',
        '',
        'violation of the client: send-without-destination P20 (2 times)',
        '  SEND has no destination; connection 1, byte 68 to the broker',
        '  SEND\\n\\n\\0',
        '  Say where the body is to go.',
        '',
        'deviation of the client: repeated-header P8',
        '  "k" is there twice; connection 1, byte 62 to the broker',
        '  SEND\\ndestination:/queue/<a>\\nk:1\\n»k:2«\\n\\n\\0',
        '  Write each header once: some brokers take the first, some the last.',
        '',
      ].join('\n'),
    );
  });

  test('has colour only when it is told to', () => {
    expect(renderText(FAULTY)).not.toContain('\x1b');
    expect(renderText(FAULTY, { color: true })).toContain('\x1b[31mviolation\x1b[0m');
  });

  test('says what it leaves out, and that there is nothing', () => {
    expect(renderText(FAULTY, { maxRules: 1 })).toMatch(/\n\.\.\. and 1 more rule\n$/);
    expect(renderText(CLEAN)).toMatch(/: no findings\n$/);
  });
});

describe('JSON', () => {
  test('has summary, findings and their bytes', () => {
    const { v, title, summary, findings } = JSON.parse(renderJson({ ...FAULTY, title: 'mine' }));
    expect({ v, title, count: findings.length }).toEqual({ v: 1, title: 'mine', count: 3 });
    expect(summary.byRule).toEqual({ 'repeated-header': 1, 'send-without-destination': 2 });
    expect(findings[1]).toMatchObject({
      rule: 'send-without-destination',
      point: 'P20',
      excerpt: { offset: 68, text: 'SEND\\n\\n\\0', base64: 'U0VORAoKAA==' },
    });
  });
});

describe('JUnit', () => {
  test('has a test for each rule, and fails those with violations', () => {
    const xml = renderJunit(FAULTY);
    expect(xml).toMatch(
      new RegExp(`<testsuite name="stompwire audit" tests="${RULES.length}" failures="1" `),
    );
    expect(xml).toContain(
      '<testcase name="send-without-destination" classname="stompwire.P20" time="0.000"><failure',
    );
    expect(xml).toContain('message="SEND has no destination (2 times)"');
    expect(xml).toMatch(/name="repeated-header" [^>]*><system-out>deviation of the client/);
  });

  test('fails others too when it is told to', () => {
    expect(renderJunit(FAULTY, { failOn: ['violation', 'deviation'] })).toContain('failures="2"');
  });

  test('tells suites of any kind', () => {
    const xml = renderJunitSuites([
      {
        name: 'a & b',
        cases: [
          { name: 'one', classname: 'c', timeMs: 1234 },
          { name: 'two', classname: 'c', skipped: 'no <broker>' },
        ],
      },
    ]);
    expect(xml).toContain('<testsuite name="a &amp; b" tests="2" failures="0" errors="0" skipped="1">');
    expect(xml).toContain('<testcase name="one" classname="c" time="1.234"/>');
    expect(xml).toContain('<skipped message="no &lt;broker&gt;"/>');
  });
});

describe('HTML', () => {
  const html = renderHtml(FAULTY);

  test('needs nothing from anywhere, and no script', () => {
    expect(html).toMatch(/^<!doctype html>/);
    expect(html).not.toMatch(/<script|<link|<img|@import|url\(|\son[a-z]+=|https?:/);
    expect(html).toContain(`default-src 'none'`);
  });

  test('draws each frame as an arrow, and each finding at its frame', () => {
    expect(html.match(/<details class="row frame out"/g)).toHaveLength(5);
    expect(html.match(/<details class="row frame in"/g)).toHaveLength(2);
    expect(html.match(/class="flag /g)).toHaveLength(3);
    expect(html.match(/<details class="finding /g)).toHaveLength(3);
    expect(html).toContain('opened to stomp://127.0.0.1:61613');
    expect(html).toContain('closed by the broker');
  });

  test('lists the worst first, in whatever order they were made, and leaves out the least', () => {
    const tones = (page: string) =>
      [...page.matchAll(/<details class="finding (\w+)/g)].map(([, tone]) => tone);
    for (const findings of [FAULTY.findings, [...FAULTY.findings].reverse()]) {
      const report = { summary: FAULTY.summary, findings };
      expect(tones(renderHtml(report))).toEqual(['violation', 'violation', 'deviation']);
      expect(tones(renderHtml(report, { maxFindings: 2 }))).toEqual(['violation', 'violation']);
    }
  });

  test('escapes what peers say, and shows no passcode', () => {
    expect(html).toContain('/queue/&lt;a&gt;');
    expect(html).not.toContain('<a>');
    expect(html).toContain('passcode:*');
    expect(html).not.toContain('passcode:x');
  });

  test('marks the offending bytes in hex and in text', () => {
    expect(html).toContain('<mark>6b 3a 32</mark>');
    expect(html).toContain('<mark>k:2</mark>');
  });

  test('shows findings that are no matter of bytes where the connection ends', () => {
    const records = talk(session().slice(0, 2).concat('close client'));
    const { findings, summary } = audit(records);
    expect(renderHtml({ findings, summary, records })).toMatch(
      /closed by the client<\/span><a class="flag advice" id="at-0" href="#finding-0">closed-without-disconnect/,
    );
  });

  test('cuts bodies, and shows those that are no text as bytes', () => {
    const report = reportOf(
      '> SEND\ndestination:/a\ncontent-length:12\n\nabcdefghijkl\0',
      '> SEND\ndestination:/a\ncontent-length:2\n\n\xff\0\0',
    );
    const text = renderHtml(report, { maxBodyBytes: 5 });
    expect(text).toContain('<pre class="body">abcde</pre><p class="dim">and 7 bytes more</p>');
    expect(text).toContain('<pre class="body">\\xff\\0</pre>');
  });

  test('takes 10,000 frames: small, and in pieces', () => {
    const message = `destination:/queue/a\nmessage-id:1\ncontent-length:100\n\n${'x'.repeat(100)}\0`;
    const report = reportOf(
      ...times(10_000, () => `> SEND\n${message.replace('message-id:1\n', '')}`),
      '> SEND\n\n\0',
    );
    const parts = [...htmlParts(report, { maxFrames: 9_000 })];
    const text = parts.join('');
    expect(text.length).toBeLessThan(6_000_000);
    expect(Math.max(...parts.map((part) => part.length))).toBeLessThan(100_000);
    expect(text).toContain('more frames without findings are not drawn');
    expect(text.match(/class="flag /g)).toHaveLength(1);
  });

  test('says that there is nothing', () => {
    expect(renderHtml({ ...CLEAN, records: undefined })).toContain('<p>None.</p>');
  });
});

describe('bytes', () => {
  test('as a dump', () => {
    expect(hexDump(Buffer.from('0123456789abcdefg\0'), 16)).toBe(
      '00000010  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef\n' +
        '00000020  67 00                                            g.\n',
    );
  });

  test('with a mark that goes over lines', () => {
    expect(hexMarkup(Buffer.from('0123456789abcdefg'), 0, [15, 17])).toBe(
      '00000000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 <mark>66</mark>  0123456789abcde<mark>f</mark>\n' +
        `00000010  <mark>67</mark>${' '.repeat(45)}  <mark>g</mark>\n`,
    );
  });

  test('as source text', () => {
    expect(escapeBytes(Buffer.from('a\n\r\t\0\\\x1bé'))).toBe('a\\n\\r\\t\\0\\\\\\x1bé');
    expect(escapeBytes(Buffer.from([0xff, 0x41]))).toBe('\\xffA');
  });

  test('as markup', () => {
    expect(escapeMarkup(`<&>"'\0\ud800`)).toBe('&lt;&amp;&gt;&quot;&#39;\ufffd\ufffd');
  });
});
