import { describe, expect, test } from 'vitest';
import { type Frame, FrameParser, type ParserOptions } from '../../src/frame/index.js';
import { bytes, faultOf, plain, readFrame, readFrames } from '../support/frames.js';

const DEAD = { code: 'STOMP_FRAME_PARSER_DEAD', state: 'dead' };

function collector(options?: ParserOptions): { parser: FrameParser; frames: Frame[] } {
  const frames: Frame[] = [];
  return { parser: new FrameParser((frame) => frames.push(frame), options), frames };
}

function expectDead(parser: FrameParser): void {
  expect(faultOf(() => parser.push(Buffer.from('MESSAGE\n\nx\0')))).toMatchObject(DEAD);
  expect(faultOf(() => parser.push(Buffer.alloc(0)))).toMatchObject(DEAD);
  expect(faultOf(() => parser.end())).toMatchObject(DEAD);
}

describe('push', () => {
  test('P19 gives each frame before it returns', () => {
    const { parser, frames } = collector();
    parser.push(Buffer.from('MESSAGE\n\na\0MESS'));
    expect(frames).toHaveLength(1);
    parser.push(Buffer.from('AGE\n\nb'));
    expect(frames).toHaveLength(1);
    parser.push(Buffer.from('\0'));
    expect(frames).toHaveLength(2);
  });

  test('P18 counts the bytes it took, also those between frames', () => {
    const { parser, frames } = collector();
    expect(parser.offset).toBe(0);
    parser.push(Buffer.from('\n\nMESSAGE\n\na'));
    parser.push(Buffer.alloc(0));
    expect(parser.offset).toBe(12);
    parser.push(Buffer.from('\0\n'));
    expect(parser.offset).toBe(14);
    expect(frames[0]).toMatchObject({ offset: 2, byteLength: 11 });
  });

  test('P18 an error names the offset in its message', () => {
    const { parser } = collector();
    parser.push(Buffer.from('MESSAGE\n\na\0'));
    const error = faultOf(() => parser.push(Buffer.from('\n?')));
    expect(error).toMatchObject({ offset: 12, state: 'command' });
    expect(error.message).toContain('12');
  });
});

describe('a dead parser', () => {
  test('P19 after an error', () => {
    const { parser, frames } = collector();
    expect(faultOf(() => parser.push(Buffer.from('MESSAGE\n\na\0?MESSAGE\n\nb\0'))).code).toBe(
      'STOMP_FRAME_BAD_COMMAND',
    );
    expectDead(parser);
    expect(frames).toHaveLength(1);
  });

  test('P19 after the end', () => {
    const { parser, frames } = collector();
    parser.push(Buffer.from('MESSAGE\n\na\0'));
    parser.end();
    expectDead(parser);
    expect(frames).toHaveLength(1);
  });

  test('P19 after an end inside a frame', () => {
    const { parser } = collector();
    parser.push(Buffer.from('MESS'));
    expect(faultOf(() => parser.end()).code).toBe('STOMP_FRAME_TRUNCATED');
    expectDead(parser);
  });

  test.each([['MESSAGE\n\na\0MESSAGE\n\nb\0'], ['MESSAGE\ncontent-length:1\n\na\0MESSAGE\n\nb\0']])(
    'P19 after onFrame threw: that error is passed on and no frame follows (%j)',
    (wire) => {
      const thrown = new Error('from onFrame');
      let calls = 0;
      const parser = new FrameParser(() => {
        calls++;
        throw thrown;
      });
      expect(() => parser.push(Buffer.from(wire))).toThrow(thrown);
      expectDead(parser);
      expect(calls).toBe(1);
    },
  );

  test('P19 after onFrame ended it: no frame follows', () => {
    let calls = 0;
    const parser = new FrameParser(() => {
      if (++calls === 1) parser.end();
    });
    try {
      parser.push(Buffer.from('MESSAGE\n\na\0MESSAGE\n\nb\0'));
    } catch (error) {
      expect(error).toMatchObject(DEAD);
    }
    expect(calls).toBe(1);
  });
});

describe('an error', () => {
  test.each([
    ['in the body', 'MESSAGE\nid:1\ncontent-length:1\n\nab\0', '1'],
    [
      'in the body of a head like the last',
      `${'MESSAGE\nid:0\ncontent-length:1\n\na\0'.repeat(3)}MESSAGE\nid:1\ncontent-length:1\n\nab\0`,
      '1',
    ],
    ['in a content-length, with the head read', 'MESSAGE\nid:2\ncontent-length:x\n\n\0', '2'],
    ['within a head', 'MESSAGE\nid:3\nx', undefined],
    ['in a command', 'MESSAGE\nid:4\n\n\0?', undefined],
  ])('has the headers of the frame at fault, where they are known: %s', (_, wire, id) => {
    const { parser } = collector({ limits: { maxHeaders: 2, maxHeaderLineBytes: 20 } });
    const error = faultOf(() => parser.push(Buffer.from(wire + (wire.endsWith('x') ? 'x'.repeat(30) : ''))));
    expect(error.headers?.get('id')).toBe(id);
    if (id === undefined) expect(error.headers).toBeUndefined();
  });

  test.each(['\n', 'x'])('of a missing NUL says what stands there instead: %j', (byte) => {
    const { parser } = collector();
    const error = faultOf(() => parser.push(Buffer.from(`MESSAGE\ncontent-length:2\n\nab${byte}`)));
    expect(error).toMatchObject({ code: 'STOMP_FRAME_MISSING_NUL', state: 'body', offset: 28 });
    const hex = byte === 'x' ? '0x78' : '0x0a';
    expect(error.message).toContain(`content-length says 2, but the byte after that many is ${hex}, not NUL`);
  });

  test('of a missing NUL comes for a body of no bytes, too, behind heads like its own', () => {
    const { parser, frames } = collector();
    const frame = (size: number, body: string) => `MESSAGE\ncontent-length:${size}\n\n${body}\0`;
    parser.push(Buffer.from([1, 2, 3].map((size) => frame(size, 'x'.repeat(size))).join('')));
    expect(faultOf(() => parser.push(Buffer.from(frame(0, 'x')))).code).toBe('STOMP_FRAME_MISSING_NUL');
    expect(frames).toHaveLength(3);
  });

  test('of onFrame is left as it is', () => {
    const thrown = Object.freeze(new Error('from onFrame'));
    const parser = new FrameParser(() => {
      throw thrown;
    });
    expect(() => parser.push(Buffer.from('MESSAGE\na:b\n\n\0'))).toThrow(thrown);
    expect(thrown).not.toHaveProperty('headers');
  });

  test('of a dead parser says why', () => {
    const { parser } = collector();
    parser.end();
    expect(faultOf(() => parser.end()).message).toContain('it has ended or failed before');
    let inside = '';
    const busy = new FrameParser(() => {
      inside = faultOf(() => busy.push(Buffer.from('\n'))).message;
    });
    busy.push(Buffer.from('MESSAGE\n\n\0'));
    expect(inside).toContain('a parser cannot be used from its own onFrame');
  });
});

test('P12 a content-length that is said twice counts, also in heads like the last', () => {
  const { parser, frames } = collector();
  const wanted = Array.from({ length: 5 }, (_, i) => `a\0${i}`);
  for (const body of wanted)
    parser.push(Buffer.from(`MESSAGE\ncontent-length:3\ncontent-length:3\n\n${body}\0`));
  expect(frames.map(({ body }) => body.toString())).toEqual(wanted);
});

describe('end', () => {
  test.each([
    ['', 'before anything'],
    ['\n\r\n', 'behind line ends'],
    ['MESSAGE\n\na\0', 'behind a NUL'],
    ['MESSAGE\n\na\0\r\n', 'behind a NUL and its line end'],
  ])('P19 %j: nothing is missing %s', (wire) => {
    const { parser } = collector();
    parser.push(Buffer.from(wire));
    parser.end();
  });

  test.each([
    ['MESS', 'command'],
    ['MESSAGE\r', 'command'],
    ['MESSAGE\n', 'headers'],
    ['MESSAGE\nfoo:b', 'headers'],
    ['MESSAGE\nfoo:bar\n\r', 'headers'],
    ['MESSAGE\n\n', 'body'],
    ['MESSAGE\n\nabc', 'body'],
    ['MESSAGE\ncontent-length:3\n\n', 'body'],
    ['MESSAGE\ncontent-length:3\n\nabc', 'body'],
  ])('P19 %j: the error says where the frame began and what was read (%s)', (wire, state) => {
    const { parser } = collector();
    parser.push(Buffer.from(`\n\n\n${wire}`));
    const error = faultOf(() => parser.end());
    expect(error).toMatchObject({ code: 'STOMP_FRAME_TRUNCATED', state, offset: 3 + wire.length });
    expect(error.message).toContain('began at 3');
  });
});

describe('bytes that cannot begin a frame', () => {
  test.each([
    [bytes('\x15\x03\x03\x00\x02\x02\n'), 'TLS alert'],
    [bytes('\x16\x03\x01\x02\x00'), 'TLS record'],
    [Buffer.from('HTTP/1.1 400 Bad Request\r\n'), 'HTTP answer'],
    [Buffer.from('GET / HTTP/1.1\r\n'), 'HTTP request'],
    [Buffer.from('POST /a HTTP/1.1\r\n'), 'HTTP request'],
    [Buffer.from('SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n'), 'SSH'],
  ])('P3 %j: the error names them (%s)', (wire, what) => {
    const error = faultOf(() => readFrames([wire]));
    expect(error).toMatchObject({ code: 'STOMP_FRAME_NOT_STOMP', offset: 0, state: 'command' });
    expect(error.message).toContain(what);
  });

  test('P3 the first byte of a TLS alert is enough', () => {
    const { parser } = collector();
    const error = faultOf(() => parser.push(bytes('\x15')));
    expect(error.code).toBe('STOMP_FRAME_NOT_STOMP');
    expect(error.message).toContain('TLS');
  });

  test('P3 P4 every byte that is no letter and no line end is refused at once, before its line ends', () => {
    const taken: number[] = [];
    for (let byte = 0; byte < 256; byte++) {
      const { parser } = collector();
      try {
        parser.push(Buffer.from([10, byte]));
        taken.push(byte);
      } catch (error) {
        expect(error).toMatchObject({ name: 'FrameError', offset: 1, state: 'command' });
      }
    }
    const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'].map((it) => it.charCodeAt(0));
    expect(taken).toEqual([10, 13, ...letters]);
  });

  test('P3 what is not known is quoted, in part', () => {
    const error = faultOf(() => readFrames([Buffer.from(`NOT A COMMAND ${'x'.repeat(100)}\n`)]));
    expect(error.message).toContain('"NOT A COMMAND xxxx');
    expect(error.message.length).toBeLessThan(120);
  });
});

describe('bodies', () => {
  const SMALL = 'MESSAGE\n\nhello\0';
  const COUNTED = 'MESSAGE\ncontent-length:5\nk:v\n\nhello\0';
  const LARGE = `MESSAGE\nk:v\n\n${'x'.repeat(5000)}\0`;

  test.each([[SMALL], [COUNTED], [LARGE]])('P1 a chunk may be overwritten after the push (%#)', (wire) => {
    const { parser, frames } = collector();
    const whole = plain(readFrame(wire));
    for (const cut of [0, 9, 11, 31, wire.length - 3]) {
      const chunk = Buffer.from(wire);
      parser.push(chunk.subarray(0, cut));
      parser.push(chunk.subarray(cut));
      chunk.fill(0);
    }
    for (const frame of frames) expect({ ...plain(frame), offset: 0 }).toEqual(whole);
    expect(frames).toHaveLength(5);
  });

  test.each([[SMALL], [COUNTED], [LARGE]])(
    'P1 with bodyViews a body is a piece of its chunk (%#)',
    (wire) => {
      const { parser, frames } = collector({ bodyViews: true });
      const chunk = Buffer.from(wire);
      parser.push(chunk);
      const { body } = frames[0]!;
      expect(body.buffer).toBe(chunk.buffer);
      chunk[chunk.length - 2] = 0x21;
      expect(body.at(-1)).toBe(0x21);
    },
  );

  test('P1 with bodyViews a body that was cut is put together in a buffer of its own', () => {
    const { parser, frames } = collector({ bodyViews: true });
    const chunks = [Buffer.from('MESSAGE\n\nhel'), Buffer.from('lo\0')];
    for (const chunk of chunks) {
      parser.push(chunk);
      chunk.fill(0);
    }
    expect(frames[0]!.body.toString()).toBe('hello');
  });

  test('P1 bodies that share memory do not touch each other', () => {
    const texts = Array.from({ length: 3000 }, (_, i) => String(i).repeat(1 + (i % 300)));
    const chunk = Buffer.from(texts.map((text) => `MESSAGE\n\n${text}\0`).join(''));
    const frames = readFrames([chunk]);
    expect(frames.map((frame) => frame.body.toString())).toEqual(texts);
  });

  test.each([0, 1, 5, 100, 1023, 1024, 1025, 2000])(
    'P1 a kept body of %i bytes keeps no more than 4 KiB',
    (size) => {
      const body = 'x'.repeat(size);
      const counted = `MESSAGE\ncontent-length:${size}\n\n${body}\0`;
      const toNul = `MESSAGE\n\n${body}\0`;
      const chunk = Buffer.alloc(65_536, 10);
      for (const wire of [counted, toNul]) {
        chunk.write(wire);
        chunk.write(wire, 32_768);
        const single = [...Buffer.from(wire)].map((byte) => Buffer.from([byte]));
        for (const frame of [...readFrames([chunk]), ...readFrames(single)]) {
          expect(frame.body.toString()).toBe(body);
          expect(frame.body.buffer.byteLength).toBeLessThanOrEqual(4096);
        }
        chunk.fill(10);
      }
    },
  );

  test('P1 a large body keeps its own bytes and no more', () => {
    const wire = Buffer.from(`MESSAGE\n\n${'x'.repeat(5000)}\0${'\n'.repeat(60_000)}`);
    expect(readFrame(wire).body.buffer.byteLength).toBe(5000);
  });
});
