import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

/** The points of frames are numbered without a gap. */
const FRAME_POINTS = 19;

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const HEADING = /^## (P\d+) \S/gm;
const PARTS = ['**Spec**', '**Open**', '**We**', '**Brokers**'];

function read(path: string): string {
  return readFileSync(ROOT + path, 'utf8');
}

function filesBelow(folder: string): string[] {
  const paths = readdirSync(ROOT + folder, { recursive: true, encoding: 'utf8' });
  return paths
    .map((path) => `${folder}/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.ts'));
}

/** The points that a file cites in its strings: titles of tests, and rows of tables. */
function citedInStrings(text: string): string[] {
  const strings = text.match(/'[^'\n]*'|"[^"\n]*"|`[^`]*`/g) ?? [];
  return strings.flatMap((string) => string.match(/\bP\d{1,2}\b/g) ?? []);
}

const doc = read('docs/protocol.md');
const points = [...doc.matchAll(HEADING)].map((heading) => heading[1]!);
const sections = new Map(
  doc
    .split(/^## /m)
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf(' ')), text]),
);
const tests = filesBelow('test').filter((path) => !path.endsWith('/protocol-points.test.ts'));
const citations = new Map(tests.map((path) => [path, new Set(citedInStrings(read(path)))]));
const isTested = (point: string) => [...citations.values()].some((cited) => cited.has(point));

describe('docs/protocol.md', () => {
  test('numbers its points upwards, each once, and those of frames without a gap', () => {
    const numbers = points.map((point) => Number(point.slice(1)));
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(numbers.slice(0, FRAME_POINTS)).toEqual(Array.from({ length: FRAME_POINTS }, (_, i) => i + 1));
  });

  test.each(points)('%s has all its parts, in order', (point) => {
    const at = PARTS.map((part) => sections.get(point)!.indexOf(part));
    expect(at).not.toContain(-1);
    expect(at).toEqual([...at].sort((a, b) => a - b));
  });

  test.each(points)('%s has a test that cites it', (point) => {
    expect(isTested(point)).toBe(true);
    expect(sections.get(point)).toMatch(/^- Tests: test\//m);
  });

  test.each(points)('%s names only tests that exist and cite it', (point) => {
    const list = /^- Tests: (.*)$/m.exec(sections.get(point)!)?.[1] ?? '';
    for (const path of list.split(', ').filter((name) => name !== '')) {
      expect(existsSync(ROOT + path), path).toBe(true);
      const folder = path.replace(/\.test\.ts$/, '/');
      const cites = tests.filter((file) => file === path || file.startsWith(folder));
      expect(
        cites.some((file) => citations.get(file)!.has(point)),
        `${path} cites ${point}`,
      ).toBe(true);
    }
  });
});

describe('citations', () => {
  test.each(tests)('%s cites only points that there are', (path) => {
    for (const point of citations.get(path)!) expect(points).toContain(point);
  });

  test('src cites only points that there are', () => {
    for (const path of filesBelow('src')) {
      for (const [point] of read(path).matchAll(/\bP\d{1,2}\b/g)) expect(points, path).toContain(point);
    }
  });
});
