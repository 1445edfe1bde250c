import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/connector/config.js';
import { CONFIG_KEYS, type ConfigKey } from '../../src/connector/keys.js';
import { resolveOptions } from '../../src/pool/resolve.js';
import { pool, single } from './support.js';

const readFile = () => Buffer.from('pem');
const written = (key: ConfigKey) => `plugin.stomp.${key.name.replace('N', '1')}`;

describe('what parseConfig gives is what connect() takes', () => {
  test('the defaults, in both styles', () => {
    for (const text of [single(), pool()])
      expect(() => resolveOptions(parseConfig(text).connect)).not.toThrow();
  });

  test('TLS with files', () => {
    const ssl = ['= 1', '.ca = a', '.cert = b', '.key = c'].map((rest) =>
      `plugin.stomp.pool.ssl1 ${rest}`.replace(' .', '.'),
    );
    const { endpoints } = resolveOptions(parseConfig(pool(...ssl), { readFile }).connect);
    expect(endpoints[0]?.name).toBe('stomp+ssl://stomp1:6163');
    expect((endpoints[0]!.tls!.key as Buffer).toString('utf8')).toBe('pem');
  });

  test.each(
    CONFIG_KEYS.filter(({ range, name }) => range && name !== 'pool.size' && name.startsWith('pool.')),
  )('$name at both ends of its range', (key) => {
    const [min, max] = key.range!;
    // The longest delay may not be below the initial one.
    const delays =
      key.name === 'pool.initial_reconnect_delay' ? ['plugin.stomp.pool.max_reconnect_delay = 2147483'] : [];
    const initial =
      key.name === 'pool.max_reconnect_delay' ? ['plugin.stomp.pool.initial_reconnect_delay = 0'] : [];
    for (const value of [key.above ? 1e-9 : min, max]) {
      const text = pool(...delays, ...initial, `${written(key)} = ${value}`);
      expect(() => resolveOptions(parseConfig(text).connect)).not.toThrow();
    }
  });
});

describe('docs/options.md', () => {
  const rows = readFileSync(new URL('../../docs/options.md', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('|'));
  // The connector's own, and the number of hosts: no options of connect().
  const others = ['base64', 'priority', 'pool.size'];

  test.each(CONFIG_KEYS.filter(({ name }) => !others.includes(name)))(
    'has $name beside its option',
    (key) => {
      const row = rows.find((line) => line.startsWith(`| \`${key.option}\` |`)) ?? '';
      expect(row).toContain(`\`${key.name}\``);
      if (key.env !== undefined) expect(row).toContain(`\`${key.env}\``);
    },
  );
});
