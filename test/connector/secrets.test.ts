import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/connector/config.js';
import type { ParseConfigOptions } from '../../src/connector/settings.js';
import { Secret } from '../../src/transport/secret.js';
import { pool, single, thrownBy } from './support.js';

const SENTINEL = 'hunter2-sentinel';
const SENTINEL_HEX = Buffer.from(SENTINEL).toString('hex').match(/../g)!.join(' ');
const SENTINEL_BYTES = [...Buffer.from(SENTINEL)].join(',');

/** Every way in which a value ends up in a log. */
function prints(value: unknown): string {
  const all: string[] = [
    String(value),
    `${inspect(value, { depth: null, showHidden: true, getters: true })}`,
  ];
  all.push(JSON.stringify(value) ?? '', inspect({ spread: { ...(value as object) } }, { depth: null }));
  if (value instanceof Error) all.push(value.message, value.stack ?? '', inspect(Object.entries(value)));
  const visit = (inner: unknown, depth: number): void => {
    all.push(String(inner));
    if (depth > 0 && typeof inner === 'object' && inner !== null && !ArrayBuffer.isView(inner)) {
      for (const part of Object.values(inner)) visit(part, depth - 1);
    }
  };
  visit(value, 8);
  return all.join('\n');
}

function expectHidden(value: unknown): void {
  const text = prints(value);
  for (const shown of [SENTINEL, SENTINEL_HEX, SENTINEL_BYTES, 'hunter2']) expect(text).not.toContain(shown);
}

const TLS = ['= 1', '.ca = a', '.cert = b', '.key = c'].map((rest) =>
  `plugin.stomp.pool.ssl1 ${rest}`.replace(' .', '.'),
);
const readFile = () => Buffer.from(SENTINEL);

describe('a password shows nowhere', () => {
  const settings: ReadonlyArray<[string, string, ParseConfigOptions]> = [
    ['a single host', single(`plugin.stomp.password = ${SENTINEL}`), {}],
    ['a pool', pool(`plugin.stomp.pool.password1 = ${SENTINEL}`), {}],
    ['the environment', single(), { env: { STOMP_PASSWORD: SENTINEL } }],
    [
      'a duplicate',
      single(`plugin.stomp.password = ${SENTINEL}1`, ` plugin.stomp.password = ${SENTINEL}2`),
      {},
    ],
    ['a misspelt key', single(`plugin.stomp.passwrod = ${SENTINEL}`), {}],
    ['a member beyond the size', pool(`plugin.stomp.pool.password2 = ${SENTINEL}`), {}],
    ['the other style', `${pool()}\nplugin.stomp.password = ${SENTINEL}`, {}],
    ['a host without a user', `plugin.stomp.host = a\nplugin.stomp.password = ${SENTINEL}`, {}],
    ['a colon for the =', single(`plugin.stomp.password: ${SENTINEL}`), {}],
    ['a colon for the =, and one inside', single(`plugin.stomp.password: ${SENTINEL}=${SENTINEL}`), {}],
    ['a blank for the =', single(`plugin.stomp.passwd ${SENTINEL}`), {}],
    ['no = after a wrong prefix', single(`plugin_stomp.password ${SENTINEL}`), {}],
    ['a line of its own', single(SENTINEL), {}],
    ['a URL as the connector', single(`connector = stomp://me:${SENTINEL}@stomp1`), {}],
    ['key, certificate and authority of TLS', pool(...TLS), { readFile }],
  ];

  test.each(settings)('in Settings and warnings: %s', (_what, text, options) => {
    expectHidden(parseConfig(text, options));
  });

  const refused: ReadonlyArray<[string, string, ParseConfigOptions]> = [
    ['a password with NUL', single(`plugin.stomp.password = ${SENTINEL}\0`), {}],
    ['a member password with NUL', pool(`plugin.stomp.pool.password1 = ${SENTINEL}\0.`), {}],
    ['a variable with a newline', single(), { env: { STOMP_PASSWORD: `${SENTINEL}\n` } }],
    ['a URL as the host', single(`plugin.stomp.host = stomp://me:${SENTINEL}@stomp1:61613`), {}],
    ['a URL as the host, in the environment', '', { env: { STOMP_SERVER: `stomp://me:${SENTINEL}@stomp1` } }],
    ['credentials before the host', single(`plugin.stomp.host = me:${SENTINEL}@stomp1`), {}],
    ['an @ in that password', single(`plugin.stomp.host = me:p@${SENTINEL}@stomp1`), {}],
    ['an error elsewhere', single(`plugin.stomp.password = ${SENTINEL}`, 'plugin.stomp.port = x'), {}],
    ['a key without its certificate', pool(TLS[0]!, TLS[3]!), { readFile }],
  ];

  test.each(refused)('in errors: %s', (_what, text, options) => {
    expectHidden(thrownBy(() => parseConfig(text, options)));
  });

  test('and yet it is there', () => {
    const { hosts } = parseConfig(pool(`plugin.stomp.pool.password1 = ${SENTINEL}`, ...TLS), {
      readFile,
    }).connect;
    const [host] = hosts;
    expect((host!.passcode as Secret).reveal()).toBe(SENTINEL);
    const { ca, cert, key } = host!.tls as Record<string, Buffer>;
    for (const pem of [ca, cert, key]) {
      expect(pem?.toString('latin1')).toBe(SENTINEL);
      expect(pem?.equals(Buffer.from(SENTINEL))).toBe(true);
    }
  });

  test('the hidden bytes of real PEM files do for TLS', () => {
    const lines = ['= 1', '.ca = ca.pem', '.cert = client.pem', '.key = client.key'].map((rest) =>
      `plugin.stomp.pool.ssl1 ${rest}`.replace(' .', '.'),
    );
    const { hosts } = parseConfig(pool(...lines), {
      readFile: (name) => readFileSync(new URL(`../support/certs/${name}`, import.meta.url)),
    }).connect;
    expect(() => createSecureContext({ ...(hosts[0]!.tls as object) })).not.toThrow();
  });

  test('node:fs readFileSync and process.env fit', () => {
    const settings = parseConfig(single(), { env: process.env, readFile: readFileSync });
    expect(settings.connect.hosts[0]?.passcode).toBeInstanceOf(Secret);
  });
});
