import { afterEach, describe, expect, test } from 'vitest';
import { audit } from '../../src/audit/auditor.js';
import { readItems } from '../../src/audit/frames.js';
import { PasscodeMasker } from '../../src/audit/mask.js';
import { Recorder } from '../../src/audit/recorder.js';
import { RecordList, teeRecords } from '../../src/audit/sink.js';
import { Tap } from '../../src/audit/tap.js';
import type { AuditClock, TranscriptRecord } from '../../src/audit/types.js';
import { Broker } from '../../src/broker/index.js';
import { TransportError } from '../../src/errors.js';
import { connect } from '../../src/index.js';
import { everyCut } from '../support/frames.js';

function clockFrom(start: number): AuditClock {
  let now = start;
  return { now: () => now++, wall: () => 1_700_000_000_000 + now };
}

function maskAll(wire: string, cuts: readonly number[]): { text: string; hidden: string } {
  const masker = new PasscodeMasker();
  const bytes = Buffer.from(wire, 'latin1');
  let text = '';
  let hidden = '';
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    const chunk = Buffer.from(bytes.subarray(from, to));
    const before = Buffer.from(chunk);
    const { bytes: out, masked } = masker.mask(chunk);
    expect(chunk.equals(before)).toBe(true);
    expect(out).toHaveLength(chunk.length);
    for (const range of masked) hidden += before.toString('latin1', ...range);
    text += out.toString('latin1');
    from = to;
  }
  return { text, hidden };
}

describe('PasscodeMasker', () => {
  const body = 'passcode:body';
  test.each([
    ['a CONNECT', 'CONNECT\nlogin:me\npasscode:secret\n\n\0', 'secret'],
    ['CRLF', 'CONNECT\r\npasscode:secret\r\n\r\n\0', 'secret'],
    ['blanks', 'CONNECT\n passcode : secret\n\n\0', ' secret'],
    ['another case', 'connect\nPasscode:secret\n\n\0', 'secret'],
    ['an empty one', 'CONNECT\npasscode:\n\n\0', ''],
    ['two of them', 'CONNECT\npasscode:one\npasscode:two\n\n\0', 'onetwo'],
    ['a colon in it', 'CONNECT\npasscode:a:passcode:b\n\n\0', 'a:passcode:b'],
    ['a second CONNECT', 'CONNECT\n\n\0\nCONNECT\npasscode:secret\n\n\0', 'secret'],
    ['names like it', 'CONNECT\nmy-passcode:a\npasscode2:b\nx:passcode:c\n\n\0', ''],
    ['a body', `CONNECT\npasscode:x\n\n\0SEND\ndestination:/a\n\n${body}\n${body}\0`, 'x'],
    ['a counted body', `SEND\ncontent-length:27\n\n${body}\n${body}\0CONNECT\npasscode:x\n\n\0`, 'x'],
    ['a wrong length', 'SEND\ncontent-length:1\n\nab\0\nCONNECT\npasscode:secret\n\n\0', 'secret'],
    ['a bad length', 'SEND\ncontent-length:x\n\nab\0\nCONNECT\npasscode:secret\n\n\0', 'secret'],
    ['no STOMP at all', '\x16\x03\x01\npasscode:secret\n', 'secret'],
    ['a cut frame', 'CONNECT\npasscode:sec', 'sec'],
  ])('masks the value in %s, however it is cut', (_, wire, hidden) => {
    for (const cuts of everyCut(wire.length, 0)) {
      const masked = maskAll(wire, cuts);
      expect(masked.hidden).toBe(hidden);
      expect(masked.text).not.toContain('secret');
      expect(masked.text.replaceAll('*', '')).toHaveLength(wire.length - hidden.length);
    }
  });
});

describe('Recorder', () => {
  test('copies what passes, counts offsets for each direction, and records what it masked', () => {
    const list = new RecordList();
    const other = new RecordList();
    const recorder = new Recorder({ sink: teeRecords(list, other), clock: clockFrom(10) });
    const connection = recorder.open('stomp://a:1');
    const chunk = Buffer.from('CONNECT\npasscode:secret\n\n\0');
    connection.bytes('to-broker', chunk.subarray(0, 20));
    connection.bytes('to-broker', chunk.subarray(20));
    connection.bytes('to-client', new Uint8Array([0x0a]));
    chunk.fill(0);
    connection.close('broker', 'STOMP_CONNECTION_LOST');
    connection.close('client');
    connection.bytes('to-client', chunk);
    recorder.open('stomp://b:1');
    const shown = list.records.map(({ atMs, wallMs, ...rest }) =>
      rest.kind === 'bytes' ? { ...rest, bytes: rest.bytes.toString() } : rest,
    );
    expect(shown).toEqual([
      { kind: 'open', connection: 1, endpoint: 'stomp://a:1' },
      {
        kind: 'bytes',
        connection: 1,
        direction: 'to-broker',
        offset: 0,
        bytes: 'CONNECT\npasscode:***',
        masked: [[17, 20]],
      },
      {
        kind: 'bytes',
        connection: 1,
        direction: 'to-broker',
        offset: 20,
        bytes: '***\n\n\0',
        masked: [[0, 3]],
      },
      { kind: 'bytes', connection: 1, direction: 'to-client', offset: 0, bytes: '\n', masked: [] },
      { kind: 'close', connection: 1, by: 'broker', error: 'STOMP_CONNECTION_LOST' },
      { kind: 'open', connection: 2, endpoint: 'stomp://b:1' },
    ]);
    expect(list.records.map(({ atMs }) => atMs)).toEqual([10, 11, 12, 13, 14, 15]);
    expect(other.records).toEqual(list.records);
  });
});

describe('Tap', () => {
  const closers: Array<() => unknown> = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  test('records a real session, which then keeps all rules', async () => {
    const list = new RecordList();
    const tap = new Tap({ sink: list });
    const broker = await Broker.start();
    closers.push(() => broker.stop());
    const pool = await connect({
      hosts: [{ host: broker.host, port: broker.port, login: 'me', passcode: 'geheim' }],
      observer: tap.observer(),
    });
    closers.push(() => pool.destroy());
    const got = new Promise<string>((resolve) => {
      pool.subscribe('/queue/a', { ack: 'client' }, (message) => {
        message.ack();
        resolve(message.text());
      });
    });
    await pool.publish('/queue/a', 'h\0llo', { headers: { k: 'v' } });
    expect(await got).toBe('h\0llo');
    await pool.disconnect();
    const kinds = list.records.map(({ kind }) => kind);
    expect(kinds.at(0)).toBe('open');
    expect(list.records.at(-1)).toMatchObject({ kind: 'close', by: 'client' });
    const frames = [...readItems(list.records)].flatMap(({ item }) => (item.kind === 'frame' ? item : []));
    expect(frames.map(({ frame }) => frame.command)).toContain('MESSAGE');
    expect(frames[0]!.bytes.toString()).toMatch(/^CONNECT\nlogin:me\npasscode:\*{6}\n\n\0$/);
    expect(frames[0]!.masked).toHaveLength(1);
    expect(
      Buffer.concat(list.records.map((r) => (r.kind === 'bytes' ? r.bytes : Buffer.alloc(0)))).includes(
        'geheim',
      ),
    ).toBe(false);
    expect(audit(list.records).findings).toEqual([]);
  });

  test('follows a pool from one connection to the next', () => {
    const list = new RecordList();
    const observer = new Tap({ sink: list, clock: clockFrom(0) }).observer();
    const endpoint = 'stomp://a:1';
    const error = new TransportError('STOMP_CONNECT_FAILED', endpoint, 'refused');
    const bytes = Buffer.from('\n');
    observer.onConnecting?.({ endpoint, attempt: 1 });
    observer.onConnectFail?.({ endpoint, attempt: 1, error });
    observer.onConnecting?.({ endpoint, attempt: 2 });
    observer.onBytesIn?.({ endpoint, bytes, offset: 0 });
    observer.onWarning?.({ endpoint, message: 'careful' });
    observer.onWarning?.({ message: 'of no connection' });
    observer.onConnecting?.({ endpoint, attempt: 3 });
    observer.onDisconnect?.({ endpoint, error: undefined });
    const shown = list.records.map((record: TranscriptRecord) => `${record.connection} ${record.kind}`);
    expect(shown).toEqual([
      '1 open',
      '1 close',
      '2 open',
      '2 bytes',
      '2 note',
      '2 close',
      '3 open',
      '3 close',
    ]);
    expect(list.records[1]).toMatchObject({ by: undefined, error: 'STOMP_CONNECT_FAILED' });
  });

  test('may begin to watch in the middle', () => {
    const list = new RecordList();
    const observer = new Tap({ sink: list }).observer();
    observer.onBytesOut?.({ endpoint: 'stomp://a:1', bytes: Buffer.from('passcode:x\n'), offset: 7 });
    expect(list.records).toMatchObject([{ kind: 'open' }, { kind: 'bytes', offset: 7, masked: [[9, 10]] }]);
  });
});
