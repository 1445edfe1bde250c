import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { brokenLinks, documents, headingsOf, ROOT, readText } from './markdown.js';

const records = readdirSync(join(ROOT, 'docs/decisions'))
  .filter((name) => /^\d{4}-/.test(name))
  .sort();

/** Files of the project that may name a document. */
function sources(): string[] {
  return ['src', 'test', 'scripts', 'bench', 'examples', 'docs'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
      .filter((name) => /\.(ts|mjs|cfg|md)$/.test(name) && !name.includes('node_modules/')),
  );
}

describe('decision records', () => {
  test('are numbered without a gap', () => {
    expect(records.map((name) => Number(name.slice(0, 4)))).toEqual(records.map((_, i) => i + 1));
  });

  test.each(records)('%s says context, choice and cost on one page', (name) => {
    const text = readText(`docs/decisions/${name}`);
    const headings = headingsOf(text).map(([, title]) => title);
    expect(headings.slice(1)).toEqual(['Context', 'Choice', 'Cost']);
    expect(text.split('\n').length).toBeLessThan(80);
  });

  test('each one that is cited is there', () => {
    const cited = sources().flatMap((file) => {
      const text = readFileSync(join(ROOT, file), 'utf8');
      return [...text.matchAll(/decisions\/(\d{4}-[a-z0-9-]+\.md)/g)].map(([, name]) => `${file}: ${name}`);
    });
    expect(cited.length).toBeGreaterThan(0);
    expect(cited.filter((line) => !records.includes(line.split(': ')[1]!))).toEqual([]);
  });
});

describe('documents', () => {
  test.each(documents())('the links of %s lead somewhere', (file) => {
    expect(brokenLinks(file)).toEqual([]);
  });

  test('the checker finds a link that does not', () => {
    const text = '# One\n\n[a](#one) [b](#two) [c](docs/none.md) [d](https://example.net/)\n';
    expect(brokenLinks('README.md', text)).toEqual(['README.md: #two', 'README.md: docs/none.md']);
  });

  test.each(documents())('%s speaks of nothing outside the project', (file) => {
    expect(readText(file).match(/\/work\/|\/tmp\/|\/home\/\w|shared\/facts/g)).toBeNull();
  });
});
