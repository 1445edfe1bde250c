import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Auditor, audit } from '../../src/audit/auditor.js';
import { cutIntoFrames, filterTranscript, readItems, replay, replayInto } from '../../src/audit/frames.js';
import { RecordList } from '../../src/audit/sink.js';
import { StreamReader } from '../../src/audit/stream.js';
import {
  encodeRecord,
  type TranscriptOptions,
  type TranscriptSink,
  TranscriptWriter,
} from '../../src/audit/transcript.js';
import { readTranscript, TranscriptError } from '../../src/audit/transcript-read.js';
import type { TranscriptRecord } from '../../src/audit/types.js';
import { FrameParser } from '../../src/frame/index.js';
import { BYE, HELLO, session, talk } from './support/talk.js';

const HEAD = '{"v":1,"kind":"stompwire-transcript","part":1,"startedAt":"2023-11-14T22:13:20.001Z"}';

function write(records: Iterable<TranscriptRecord>, options: Partial<TranscriptOptions> = {}): string[] {
  const lines: string[] = [];
  const writer = new TranscriptWriter({ sink: { write: (line) => void lines.push(line) }, ...options });
  replay(records, writer);
  return lines;
}

const SENT = '> SEND\ndestination:/queue/a\n\nh\xe9\0';

describe('TranscriptWriter', () => {
  test('writes one JSON object a line, behind a header', () => {
    expect(write(talk(['> CONNECT\n\n\0', 'close broker']), { encoding: 'text' })).toEqual([
      `${HEAD}\n`,
      '{"c":1,"t":1,"w":1700000000001,"open":"stomp://127.0.0.1:61613"}\n',
      '{"c":1,"t":2,"w":1700000000002,"to":"broker","at":0,"text":"CONNECT\\n\\n\\u0000"}\n',
      '{"c":1,"t":3,"w":1700000000003,"close":"broker"}\n',
    ]);
  });

  test('writes bytes that are not UTF-8 as base64, and all bytes unless text is asked for', () => {
    expect(write(talk(['> \xff']), { encoding: 'text' })[2]).toContain('"b64":"/w=="');
    expect(write(talk(['> a']))[2]).toContain('"b64":"YQ=="');
  });

  test('goes on in another part when one is full, and repeats what is open', () => {
    const parts: string[][] = [[]];
    const nextSink = (part: number): TranscriptSink => {
      const lines: string[] = [];
      parts[part - 1] = lines;
      return { write: (line) => void lines.push(line) };
    };
    const records = talk(session(SENT, SENT, SENT));
    const writer = new TranscriptWriter({
      sink: { write: (line) => void parts[0]!.push(line) },
      maxBytes: 600,
      nextSink,
    });
    replay(records, writer);
    expect(writer.stats.parts).toBe(parts.length);
    expect(parts.length).toBeGreaterThan(1);
    for (const lines of parts) expect(lines.join('').length).toBeLessThanOrEqual(600);
    expect(parts[1]![0]).toContain('"part":2');
    expect(parts[1]![1]).toContain('"again":true');
    expect([...readTranscript(parts.flat())]).toEqual(records);
    expect([...readTranscript(parts[1]!)][0]).toMatchObject({ kind: 'open', connection: 1 });
  });

  test('stops when it is full and there is no other part', () => {
    const lines: string[] = [];
    const writer = new TranscriptWriter({ sink: { write: (line) => void lines.push(line) }, maxBytes: 300 });
    replay(talk(session(SENT)), writer);
    expect(writer.stats).toMatchObject({ parts: 1, records: lines.length - 1 });
    expect(writer.stats.dropped).toBe(talk(session(SENT)).length - lines.length + 1);
    expect(lines.join('').length).toBeLessThanOrEqual(300);
  });

  test('leaves records out while a sink is full for long, and says how many', () => {
    const lines: string[] = [];
    let drain = (): void => {};
    const sink: TranscriptSink = {
      write: (line) => {
        lines.push(line);
        return false;
      },
      once: (_, listener) => {
        drain = listener;
      },
    };
    const writer = new TranscriptWriter({ sink, maxBufferedBytes: 100 });
    const records = talk(session(SENT, SENT));
    replay(records.slice(0, 6), writer);
    const { dropped } = writer.stats;
    expect(dropped).toBeGreaterThan(0);
    drain();
    replay(records.slice(6), writer);
    expect(lines.some((line) => line.includes(`"lost":${dropped}`))).toBe(true);
    expect([...readTranscript(lines)].some((record) => record.kind === 'note')).toBe(true);
    expect(audit(readTranscript(lines)).findings).toEqual([]);
  });
});

describe('a transcript', () => {
  const bytes = fc.uint8Array({ maxLength: 40 });
  const record = fc.record({ connection: fc.integer({ min: 1, max: 3 }), bytes, broker: fc.boolean() });

  test('loses no byte, whatever the bytes are', () => {
    fc.assert(
      fc.property(
        fc.array(record),
        fc.constantFrom('base64' as const, 'text' as const),
        (parts, encoding) => {
          const records = parts.map(
            ({ connection, bytes, broker }, index): TranscriptRecord => ({
              kind: 'bytes',
              connection,
              atMs: index,
              wallMs: index,
              direction: broker ? 'to-broker' : 'to-client',
              offset: index,
              bytes: Buffer.from(bytes),
              masked: bytes.length > 1 ? [[0, 1]] : [],
            }),
          );
          expect([...readTranscript(write(records, { encoding }))]).toEqual(records);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('comes back as it was', () => {
    const records: TranscriptRecord[] = [
      ...talk(session(SENT)),
      { kind: 'note', connection: 1, atMs: 1.5, wallMs: 2, text: 'ü' },
      { kind: 'close', connection: 1, atMs: 1, wallMs: 2, by: undefined, error: 'STOMP_CONNECTION_LOST' },
    ];
    expect([...readTranscript(write(records))]).toEqual(records);
  });

  test.each([
    ['not JSON', '{', 'STOMP_TRANSCRIPT_INVALID'],
    ['not JSON', 'null', 'STOMP_TRANSCRIPT_INVALID'],
    ['a later version', '{"v":2}', 'STOMP_TRANSCRIPT_VERSION'],
    ['no connection', '{"t":1,"w":1,"open":"a"}', 'STOMP_TRANSCRIPT_INVALID'],
    ['no time', '{"c":1,"w":1,"open":"a"}', 'STOMP_TRANSCRIPT_INVALID'],
    ['nothing in it', '{"c":1,"t":1,"w":1}', 'STOMP_TRANSCRIPT_INVALID'],
    ['no direction', '{"c":1,"t":1,"w":1,"to":"me","at":0,"text":""}', 'STOMP_TRANSCRIPT_INVALID'],
    ['no bytes', '{"c":1,"t":1,"w":1,"to":"broker","at":0}', 'STOMP_TRANSCRIPT_INVALID'],
    ['bad base64', '{"c":1,"t":1,"w":1,"to":"broker","at":0,"b64":"a"}', 'STOMP_TRANSCRIPT_INVALID'],
    ['bad offset', '{"c":1,"t":1,"w":1,"to":"broker","at":-1,"b64":""}', 'STOMP_TRANSCRIPT_INVALID'],
    [
      'bad mask',
      '{"c":1,"t":1,"w":1,"to":"broker","at":0,"text":"a","masked":[[0,2]]}',
      'STOMP_TRANSCRIPT_INVALID',
    ],
    ['bad close', '{"c":1,"t":1,"w":1,"close":"me"}', 'STOMP_TRANSCRIPT_INVALID'],
  ])('names the line that has %s', (_, line, code) => {
    const lines = [HEAD, '', line, HEAD];
    const read = (): unknown => [...readTranscript(lines)];
    expect(read).toThrow(TranscriptError);
    expect(read).toThrow(expect.objectContaining({ code, line: 3 }));
  });

  test('begins with its header', () => {
    expect(() => [...readTranscript(['{"c":1,"t":1,"w":1,"open":"a"}'])]).toThrow(/^line 1: /);
  });

  test('whose last line is cut gives all lines before', () => {
    const lines = [...write(talk(HELLO)), '{"c":1,"t"', ''];
    const records: TranscriptRecord[] = [];
    const read = (): void => {
      for (const record of readTranscript(lines)) records.push(record);
    };
    expect(read).toThrow(expect.objectContaining({ code: 'STOMP_TRANSCRIPT_TRUNCATED', line: 5 }));
    expect(records).toHaveLength(3);
  });
});

describe('a session with RabbitMQ that was recorded', () => {
  const text = readFileSync(new URL('./fixtures/rabbitmq-session.jsonl', import.meta.url), 'utf8');
  const records = [...readTranscript(text.split('\n'))];

  test('shows the habits of that broker, and no fault of this client', () => {
    expect(audit(records).findings.map(({ rule, fault }) => [rule, fault])).toEqual([
      ['escapes-from-broker', 'broker'],
      ['receipt-header-in-message', 'broker'],
      ['transaction-header-in-message', 'broker'],
    ]);
  });

  test('is written again as it was', () => {
    expect(write(records, { encoding: 'text' }).join('')).toBe(text);
  });
});

describe('reading', () => {
  const records = talk([
    'open stomp://a:1',
    ...HELLO,
    '> SEND\ndestination:/a\n\none\0\nSEND\ndest',
    '> ination:/b\n\ntwo\0\n\n',
    ...BYE,
    'open stomp://b:1',
    '> CONNECT\n\n\0garbage\0',
    'close broker',
  ]);
  const all = (direction: string, list: Iterable<TranscriptRecord>): string =>
    [...list]
      .map((one) => (one.kind === 'bytes' && one.direction === direction ? one.bytes.toString('latin1') : ''))
      .join('');

  test('gives frames with their exact bytes, and what lies between them', () => {
    const items = [...readItems(records)].map(({ index, item }) => [index, item.kind, item.bytes.toString()]);
    expect(items).toEqual([
      [1, 'frame', 'CONNECT\nlogin:me\npasscode:x\n\n\0'],
      [2, 'frame', 'CONNECTED\nsession:1\n\n\0'],
      [3, 'frame', 'SEND\ndestination:/a\n\none\0'],
      [3, 'gap', '\n'],
      [4, 'frame', 'SEND\ndestination:/b\n\ntwo\0'],
      [4, 'gap', '\n\n'],
      [5, 'frame', 'DISCONNECT\nreceipt:bye\n\n\0'],
      [6, 'frame', 'RECEIPT\nreceipt-id:bye\n\n\0'],
      [9, 'frame', 'CONNECT\n\n\0'],
      [9, 'broken', 'garbage\0'],
    ]);
  });

  test('tells line ends from the frame that broke behind them', () => {
    const items = [...readItems(talk(['> \n\n1SEND\n', '> more']))].map(({ item }) => [
      item.kind,
      item.bytes.toString(),
    ]);
    expect(items).toEqual([
      ['gap', '\n\n'],
      ['broken', '1SEND\n'],
      ['lost', 'more'],
    ]);
  });

  test('keeps no more of a frame that comes in many records than it is told to', () => {
    const reader = new StreamReader({ keepBytes: 12 });
    const items = talk(['> SEND\n', '> k:v\n\n', '> body', '> body\0SEND\n\n\0']).flatMap((record) =>
      record.kind === 'bytes' ? reader.push(record) : [],
    );
    expect(items).toMatchObject([
      { kind: 'frame', cut: true, pieces: 4, frame: { body: Buffer.from('bodybody') } },
      { kind: 'frame', cut: false, pieces: 1 },
    ]);
    expect(items.map(({ bytes }) => bytes.toString())).toEqual(['SEND\nk:v\n\nbo', 'SEND\n\n\0']);
  });

  test('cuts into frames without losing a byte', () => {
    const cut = [...cutIntoFrames(records)];
    for (const direction of ['to-broker', 'to-client'])
      expect(all(direction, cut)).toBe(all(direction, records));
    expect(cut.filter(({ kind }) => kind === 'bytes')).toHaveLength(10);
  });

  test('keeps the masked ranges when it cuts', () => {
    const wire = Buffer.from('\nCONNECT\npasscode:***\n\n\0\n');
    const cut = [
      ...cutIntoFrames([
        {
          kind: 'bytes',
          connection: 1,
          atMs: 0,
          wallMs: 0,
          direction: 'to-broker',
          offset: 0,
          bytes: wire,
          masked: [[18, 21]],
        },
      ]),
    ];
    expect(cut).toMatchObject([{ masked: [] }, { offset: 1, masked: [[17, 20]] }, { masked: [] }]);
  });

  test('filters by connection, direction, time and command', () => {
    const kept = (filter: Parameters<typeof filterTranscript>[1]): string[] =>
      [...filterTranscript(records, filter)].map((one) =>
        one.kind === 'bytes' ? one.bytes.toString().split('\n', 1)[0]! : one.kind,
      );
    expect(kept({ connections: [2] })).toEqual(['open', 'CONNECT', 'close']);
    expect(kept({ direction: 'to-client' })).toEqual([
      'open',
      'CONNECTED',
      'RECEIPT',
      'close',
      'open',
      'close',
    ]);
    expect(kept({ commands: ['SEND'] })).toEqual(['open', 'SEND', 'SEND', 'close', 'open', 'close']);
    expect(kept({ connections: [1], fromMs: 2, toMs: 3 })).toEqual(['open', 'CONNECT', 'CONNECTED', 'close']);
  });

  test('replays into rules and into a parser', () => {
    const auditor = new Auditor();
    const list = new RecordList();
    replay(records, auditor);
    replay(records, list);
    expect(list.records).toEqual(records);
    expect(auditor.findings.map(({ rule }) => rule)).toEqual([
      'passcode-in-clear',
      'body-without-content-length',
      'bad-command-line',
    ]);
    const commands: string[] = [];
    const parser = new FrameParser(({ command }) => commands.push(command));
    replayInto(parser, records, { connection: 1, direction: 'to-client' });
    expect(commands).toEqual(['CONNECTED', 'RECEIPT']);
  });

  test('one record is one line', () => {
    expect(encodeRecord(records[0]!)).toBe('{"c":1,"t":1,"w":1700000000001,"open":"stomp://a:1"}\n');
  });
});
