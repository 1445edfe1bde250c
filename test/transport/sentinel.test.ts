import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { EndpointInit } from '../../src/transport/endpoint.js';
import type { ConnectionOptions } from '../../src/transport/options.js';
import { Secret } from '../../src/transport/secret.js';
import { CONNECTED, type ScriptedTransport } from '../support/scripted-transport.js';
import { turn } from '../support/virtual-clock.js';
import { dial, reasonOf, receipt, recorder } from './support.js';

const SENTINEL = 'S3NTINEL';

function show(thing: unknown): string {
  const shown = inspect(thing, { depth: 20, showHidden: true, maxStringLength: null, maxArrayLength: null });
  const bytes = (_: string, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value;
  return `${shown} ${JSON.stringify(thing, bytes)} ${String(thing)} ${(thing as Error)?.stack ?? ''}`;
}

const PASSCODES: ReadonlyArray<readonly [string, EndpointInit['passcode']]> = [
  ['text', SENTINEL],
  ['a Secret', new Secret(SENTINEL)],
  ['a function', () => SENTINEL],
  ['a promise', async () => new Secret(SENTINEL)],
];

describe('a sentinel passcode never shows', () => {
  it.each(PASSCODES)('in any event, stats() or inspect() of a connection: %s', async (_, passcode) => {
    const { observer, events, of } = recorder();
    const { dials, opening } = dial({ login: 'me', passcode }, { observer });
    const transport = await dials.next();
    transport.open();
    transport.push(CONNECTED);
    const connection = await opening;
    const published = connection.publish('/q', 'a');
    await turn();
    transport.push(receipt(1));
    await published;
    for (const thing of [events, connection, connection.stats(), connection.endpoint, connection.session]) {
      expect(show(thing)).not.toContain(SENTINEL);
    }
    // A buffer shows as hexadecimal numbers, and what it is a view of is not shown at all.
    for (const { bytes } of of('onBytesOut')) expect(bytes.toString('latin1')).not.toContain(SENTINEL);
    transport.fail(new Error('ECONNRESET'));
    expect(show([events, await connection.closed])).not.toContain(SENTINEL);
    expect(transport.written).toContain(`passcode:${SENTINEL}\n`);
  });

  it('CONNECT is masked in onBytesOut and onFrameOut, at equal length', async () => {
    const { observer, of } = recorder();
    const passcode = 'pässwörd€:';
    const { dials, opening } = dial({ login: 'me', passcode }, { observer, connectHeaders: { host: '/v' } });
    const transport = await dials.next();
    transport.open();
    transport.push(CONNECTED);
    await opening;
    const masked = 'CONNECT\nlogin:me\npasscode:**************\nhost:/v\n\n\0';
    expect(Buffer.byteLength(passcode)).toBe(14);
    expect(String(of('onBytesOut')[0].bytes)).toBe(masked);
    expect(transport.written).toHaveLength(masked.length);
    const [{ frame }] = of('onFrameOut');
    expect(String(frame.headers.raw)).toBe('login:me\npasscode:**************\nhost:/v\n');
    expect(frame.byteLength).toBe(masked.length);
  });

  it('the frame after CONNECT is not masked', async () => {
    const { observer, of } = recorder(['onBytesOut']);
    const { dials, opening } = dial({ login: 'me', passcode: 'x' }, { observer });
    const transport = await dials.next();
    transport.open();
    transport.push(CONNECTED);
    (await opening).send('/q', 'plain');
    await turn();
    expect(String(of('onBytesOut')[1].bytes)).toBe('SEND\ndestination:/q\ncontent-length:5\n\nplain\0');
  });

  const troubles: ReadonlyArray<readonly [string, (t: ScriptedTransport) => void]> = [
    ['ERROR', (t) => t.push('ERROR\nmessage:Access refused for user me\n\n\0')],
    ['another frame', (t) => t.push('RECEIPT\n\n\0')],
    ['bytes that are not STOMP', (t) => t.push('\x15')],
    ['FIN', (t) => t.finish()],
    ['a reset', (t) => t.fail(new Error('ECONNRESET'))],
  ];
  it.each(troubles)('in a dial that fails by %s', async (_, trouble) => {
    for (const [, passcode] of PASSCODES) {
      const { observer, events } = recorder();
      const { dials, opening } = dial({ login: 'me', passcode }, { observer });
      const transport = await dials.next();
      transport.open();
      await turn();
      trouble(transport);
      expect(show([await reasonOf(opening), events])).not.toContain(SENTINEL);
    }
  });

  it('in a dial that fails by a passcode that no header can carry', async () => {
    const { observer, events } = recorder();
    const options: ConnectionOptions = { observer };
    const { dials, opening } = dial({ login: 'me', passcode: () => `${SENTINEL}\n` }, options);
    (await dials.next()).open();
    expect(show([await reasonOf(opening), events])).not.toContain(SENTINEL);
  });
});
