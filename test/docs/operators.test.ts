import { describe, expect, test } from 'vitest';
import { CONFIG_KEYS } from '../../src/connector/keys.js';
import { readText } from './markdown.js';

describe('docs/operators.md', () => {
  const [, table = ''] = readText('docs/operators.md').split('## The keys');
  const rows = [...table.split('\n## ')[0]!.matchAll(/^\| `([^`]+)` \|([^|]*)\|/gm)];

  test('has a row for each key of the connector, with its default', () => {
    const stated = rows.map(([, name, value]) => `${name} ${value!.trim()}`.trim());
    expect(stated).toEqual(CONFIG_KEYS.map(({ name, default: value = '' }) => `${name} ${value}`.trim()));
  });

  test('names each variable with the key it wins over', () => {
    const lines = table.split('\n');
    for (const { name, env } of CONFIG_KEYS) {
      if (env === undefined) continue;
      expect(lines.find((line) => line.startsWith(`| \`${name}\``))).toContain(`\`${env}\` wins`);
    }
  });
});
