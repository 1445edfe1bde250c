import { describe, expect, test } from 'vitest';
import { RETRY_RULES, type RetryRule } from '../../src/pool/retry.js';
import { headingsOf, readText } from './markdown.js';

const TEXT = readText('docs/errors.md');

/** How the document says each verdict. */
const WORDS: Readonly<Record<RetryRule['verdict'], string>> = {
  next: 'yes, on the next host',
  'give-up': 'no, the pool ends',
  'not-a-dial': 'no, and the connection stays',
};

/** The part below each heading that is a code. */
function sections(): Map<string, string> {
  const found = new Map<string, string>();
  for (const part of TEXT.split(/^### /m).slice(1)) {
    const [heading = '', ...rest] = part.split('\n');
    found.set(heading.trim(), rest.join('\n').split(/^## /m)[0]!);
  }
  return found;
}

describe('docs/errors.md', () => {
  const codes = Object.keys(RETRY_RULES);

  test('has one heading for each code, and none for anything else', () => {
    const headings = headingsOf(TEXT).filter(([level]) => level === 3);
    expect(headings.map(([, title]) => title).sort()).toEqual([...codes].sort());
  });

  test.each(codes)('%s: the verdict is that of the table, with its reason', (code) => {
    const { verdict, because } = RETRY_RULES[code as keyof typeof RETRY_RULES];
    const section = sections().get(code) ?? '';
    const [, retried = ''] = /^- \*\*Retried\*\*: ([\s\S]*?)(?=^- |(?![\s\S]))/m.exec(section) ?? [];
    expect(retried.replaceAll(/\s+/g, ' ').trim()).toBe(`${WORDS[verdict]}. ${because}`);
  });

  test.each(codes)('%s: says what happened, where it comes from and what to do', (code) => {
    const section = sections().get(code) ?? '';
    const names = [...section.matchAll(/^- \*\*([^*]+)\*\*/gm)].map(([, name]) => name);
    expect(names).toEqual(['From', 'Retried', 'Do']);
    expect(section.trim().startsWith('-')).toBe(false);
  });
});
