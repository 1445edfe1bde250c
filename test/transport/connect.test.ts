import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { ConnectionOptions } from '../../src/transport/options.js';
import { Secret } from '../../src/transport/secret.js';
import { acceptConnect, CONNECTED } from '../support/scripted-transport.js';
import { dial, open, reasonOf } from './support.js';

describe('P21: the bytes of CONNECT', () => {
  it.each([
    ['no login: no header at all', {}, {}, 'CONNECT\n\n\0'],
    ['a login alone', { login: 'me' }, {}, 'CONNECT\nlogin:me\n\n\0'],
    [
      'login and passcode',
      { login: 'me', passcode: 'secret' },
      {},
      'CONNECT\nlogin:me\npasscode:secret\n\n\0',
    ],
    ['an empty passcode', { login: 'me', passcode: '' }, {}, 'CONNECT\nlogin:me\npasscode:\n\n\0'],
    [
      'a passcode in UTF-8, with colons and blanks as they are',
      { login: 'mé', passcode: ' a:b€ ' },
      {},
      'CONNECT\nlogin:m\xc3\xa9\npasscode: a:b\xe2\x82\xac \n\n\0',
    ],
    [
      'a Secret',
      { login: 'me', passcode: new Secret('hidden') },
      {},
      'CONNECT\nlogin:me\npasscode:hidden\n\n\0',
    ],
    [
      'headers of one’s own after them',
      { login: 'me', passcode: 'p' },
      { host: 'vhost', 'client-id': 7 },
      'CONNECT\nlogin:me\npasscode:p\nhost:vhost\nclient-id:7\n\n\0',
    ],
    [
      'headers as pairs, where names repeat',
      {},
      [
        ['a', '1'],
        ['a', '2'],
      ] as const,
      'CONNECT\na:1\na:2\n\n\0',
    ],
  ])('%s', async (_, endpoint, connectHeaders, expected) => {
    const { dials, opening } = dial(endpoint, { connectHeaders });
    const transport = await dials.next();
    transport.open();
    expect(await transport.take()).toBe(expected);
    expect(transport.writes).toHaveLength(1);
    transport.push(CONNECTED);
    expect((await opening).state).toBe('connected');
  });

  it.each([
    ['gives it at once', () => 'fresh'],
    ['gives a Secret', () => new Secret('fresh')],
    ['gives it later', async () => 'fresh'],
    ['gives a Secret later', async () => new Secret('fresh')],
  ])('a passcode function that %s', async (_, passcode) => {
    const { dials, opening } = dial({ login: 'me', passcode });
    const transport = await dials.next();
    await acceptConnect(transport);
    expect(transport.written).toBe('CONNECT\nlogin:me\npasscode:fresh\n\n\0');
    await opening;
  });

  it('nothing is written before the pipe is open, and nothing between CONNECT and CONNECTED', async () => {
    const { dials } = dial();
    const transport = await dials.next();
    expect(await transport.take()).toBe('');
    transport.open();
    expect(await transport.take()).toBe('CONNECT\n\n\0');
    expect(await transport.take()).toBe('');
  });
});

describe('P21: CONNECTED', () => {
  it.each([
    ['in single bytes', [...CONNECTED]],
    ['after LFs', ['\n\n', CONNECTED]],
    ['with CRLF', ['CONNECTED\r\nsession:s-1\r\n\r\n\0']],
    ['without headers', ['CONNECTED\n\n\0']],
  ])('%s makes a connection', async (_, chunks) => {
    const { dials, opening, clock } = dial();
    const transport = await dials.next();
    transport.open();
    transport.push(...chunks);
    const connection = await opening;
    expect(connection.state).toBe('connected');
    expect(connection.endpoint.name).toBe('stomp://broker.example:61613');
    expect(clock.pending).toEqual([]);
  });

  it('its headers are kept as the session', async () => {
    const { connection } = await open({}, 'CONNECTED\nsession: x \nserver:ActiveMQ/5\n\n\0');
    expect([...connection.session]).toEqual([
      ['session', 'x'],
      ['server', 'ActiveMQ/5'],
    ]);
  });

  it('its signal is listened to by the connection only, and by nobody after the end', async () => {
    const { signal } = new AbortController();
    const { connection } = await open({ signal });
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    connection.destroy();
    await connection.closed;
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});

it('unref and ref reach the pipe', async () => {
  const { connection, transport } = await open();
  expect(transport.keepsProcess).toBe(true);
  expect(connection.unref()).toBe(connection);
  expect(transport.keepsProcess).toBe(false);
  expect(connection.ref()).toBe(connection);
  expect(transport.keepsProcess).toBe(true);
});

describe('the options', () => {
  it.each([
    ['connectTimeoutMs', { connectTimeoutMs: 0 }, 'STOMP_CONFIG_INVALID'],
    ['a passcode in connectHeaders', { connectHeaders: { passcode: 'x' } }, 'STOMP_CONFIG_CONFLICT'],
    ['an unknown one', { conectTimeoutMs: 5 }, 'STOMP_CONFIG_UNKNOWN_KEY'],
  ])('%s is refused before anything is dialled', async (_, options, code) => {
    const { opening, dials } = dial({}, options as ConnectionOptions);
    expect((await reasonOf(opening))?.code).toBe(code);
    expect(dials.transports).toEqual([]);
  });
});
