import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exportsOf, uncommented } from './comments.js';
import { ROOT } from './markdown.js';

const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const entries = Object.values<{ default?: string }>(exports)
  .flatMap((entry) => entry.default ?? [])
  .map((path) => path.replace('./dist/', '').replace(/\.js$/, '.ts'));

test('there are entry points, and each exports something', () => {
  expect(entries).toContain('index.ts');
  for (const entry of entries) expect(exportsOf(entry).length).toBeGreaterThan(2);
});

test.each(entries)('whatever %s exports has a comment, and so have its methods', (entry) => {
  expect(exportsOf(entry).flatMap((one) => uncommented(one))).toEqual([]);
});

describe('the check finds', () => {
  const files: Record<string, string> = {
    'index.ts': "export { bare, type Told } from './a.js';\nexport { Thing } from './b/index.js';\n",
    'b/index.ts': "export { Thing } from './thing.js';\n",
    'a.ts':
      '/** Why. */\nconst x = 1;\n\nexport function bare(): void {}\n\n/** Said. */\nexport interface Told {\n  on(): void;\n}\n',
    'b/thing.ts': [
      '/** A thing. */',
      'export class Thing {',
      '  #own = 1;',
      '  constructor() {}',
      '  get size(): number {',
      '    return this.#own;',
      '  }',
      '',
      '  /** Said. */',
      '  go(): void {',
      '    stop(1);',
      '  }',
      '',
      '  async end<T>(value: T): Promise<T> {',
      '  }',
      '  #hidden(): void {}',
      '}',
    ].join('\n'),
  };
  const read = (file: string) => files[file]!;

  test('what has none, through every index, and nothing else', () => {
    expect(exportsOf('index.ts', read).flatMap((one) => uncommented(one, read))).toEqual([
      'a.ts: bare',
      'a.ts: Told.on',
      'b/thing.ts: Thing.size',
      'b/thing.ts: Thing.end',
    ]);
  });

  test('a name that nobody declares', () => {
    expect(uncommented({ name: 'Nothing', file: 'a.ts' }, read)).toEqual([
      'a.ts: Nothing is not declared there',
    ]);
  });
});
