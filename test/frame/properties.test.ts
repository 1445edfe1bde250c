import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeFrame, type ParserOptions } from '../../src/frame/index.js';
import { type Outcome, outcome, type PlainFrame, singleBytes } from '../support/frames.js';

/** One frame as the model writes it: what comes of it is known without the library. */
interface Model {
  readonly wire: Buffer;
  readonly frame: Omit<PlainFrame, 'offset'>;
}

const latin1 = (text: string) => Buffer.from(text, 'utf8').toString('latin1');

const command = fc.oneof(
  fc.constantFrom('MESSAGE', 'RECEIPT', 'ERROR', 'CONNECTED', 'SEND', 'ACK'),
  fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.-]{0,12}$/),
);
const eol = fc.constantFrom('\n', '\r\n');
const blanks = fc.stringMatching(/^[ \t]{0,2}$/);

/** Characters that matter to a parser come often; all others of Unicode now and then. */
const character = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...'abc: \t\r\\n0é€') },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }) },
);
const text = fc.string({ unit: character, maxLength: 12 });

const trimmed = (line: string) => line.replace(/^[ \t]+|[ \t]+$/g, '');
/** It must not end with a CR, which would be part of the line's end. */
const value = text.map((line) => trimmed(line.replaceAll('\n', '').replace(/[\r \t]+$/, '')));
const name = text
  .map((line) => trimmed(line.replaceAll(/[\n:]/g, '')))
  .filter((key) => key !== 'content-length');

interface Line {
  readonly before: string;
  readonly name: string;
  readonly beforeColon: string;
  readonly afterColon: string;
  readonly value: string;
  readonly after: string;
  readonly eol: string;
}
const line: fc.Arbitrary<Line> = fc.record({
  before: blanks,
  name,
  beforeColon: blanks,
  afterColon: blanks,
  value,
  after: blanks,
  eol,
});

const body = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((data) => Buffer.from(data)),
  text.map((data) => Buffer.from(data)),
  fc.constantFrom(Buffer.from('\0\nMESSAGE\n\nx\0'), Buffer.alloc(1500, 'x'), Buffer.alloc(0)),
);

const model: fc.Arbitrary<Model> = fc
  .record({
    command,
    eol,
    lines: fc.array(line, { maxLength: 6 }),
    end: eol,
    body,
    counted: fc.boolean(),
    at: fc.nat(6),
  })
  .map((row) => {
    const counted = row.counted || row.body.includes(0);
    const headers: Array<readonly [string, string]> = row.lines.map((it) => [it.name, it.value]);
    const lines = row.lines.map(
      (it) => `${it.before}${it.name}${it.beforeColon}:${it.afterColon}${it.value}${it.after}${it.eol}`,
    );
    if (counted) {
      headers.splice(row.at, 0, ['content-length', String(row.body.length)]);
      lines.splice(row.at, 0, `content-length:${row.body.length}${row.eol}`);
    }
    const head = `${row.command}${row.eol}${lines.join('')}${row.end}`;
    const wire = Buffer.concat([Buffer.from(head), row.body, Buffer.from([0])]);
    const frame = {
      command: row.command,
      headers,
      body: row.body.toString('latin1'),
      byteLength: wire.length,
    };
    return { wire, frame };
  });

const gap = fc.constantFrom('', '\n', '\r\n', '\n\n', '\r');
const stream = fc.array(fc.tuple(gap, model), { maxLength: 5 }).map((parts) => {
  const frames: PlainFrame[] = [];
  const pieces: Buffer[] = [];
  let offset = 0;
  for (const [before, { wire, frame }] of parts) {
    offset += before.length;
    frames.push({ ...frame, offset });
    offset += wire.length;
    pieces.push(Buffer.from(before), wire);
  }
  return { wire: Buffer.concat(pieces), frames };
});

const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 });

function cutsOf(size: number, at: readonly number[]): number[] {
  return at.map((part) => Math.floor(part * size)).sort((a, b) => a - b);
}

/** The outcome of `wire`; fails if any way of cutting it gives another. */
function steadyOutcome(wire: Buffer, at: readonly number[], options?: ParserOptions): Outcome {
  const whole = outcome(wire, [], options);
  expect(outcome(wire, cutsOf(wire.length, at), options)).toEqual(whole);
  expect(outcome(wire, singleBytes(wire.length), options)).toEqual(whole);
  expect(outcome(wire, cutsOf(wire.length, at), { ...options, bodyViews: true })).toEqual(whole);
  return whole;
}

/** Pieces out of which faults are made. */
const fragment = fc.oneof(
  fc.constantFrom(
    '\0',
    '\n',
    '\r\n',
    ':',
    ' ',
    '\n\n',
    '\0\n',
    'MESSAGE\n',
    'content-length:',
    'content-length:3\n',
  ),
  fc.constantFrom('content-length:99\n', '0', '-', '\r', 'HTTP/1.1 400\r\n', '\x15\x03', 'x'.repeat(40)),
  fc.uint8Array({ minLength: 1, maxLength: 3 }).map((data) => Buffer.from(data).toString('latin1')),
);
const mutation = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.nat(6),
  insert: fc.oneof(fragment, fc.constant('')),
});

function mutate(
  wire: Buffer,
  mutations: ReadonlyArray<{ at: number; remove: number; insert: string }>,
): Buffer {
  let result = wire;
  for (const { at, remove, insert } of mutations) {
    const from = Math.floor(at * result.length);
    result = Buffer.concat([
      result.subarray(0, from),
      Buffer.from(insert, 'latin1'),
      result.subarray(from + remove),
    ]);
  }
  return result;
}

const options: fc.Arbitrary<ParserOptions> = fc.record({
  strict: fc.boolean(),
  unescapeHeaders: fc.boolean(),
  limits: fc.oneof(
    fc.constant({}),
    fc.record({
      maxCommandBytes: fc.integer({ min: 1, max: 12 }),
      maxHeaderLineBytes: fc.integer({ min: 1, max: 40 }),
      maxHeaders: fc.integer({ min: 1, max: 6 }),
      maxBodyBytes: fc.integer({ min: 0, max: 40 }),
    }),
  ),
});

describe('any frames', () => {
  test('P1 P5 P6 P7 P13 P15 P18 are read as the model has them, however the bytes are cut', () => {
    fc.assert(
      fc.property(stream, places, ({ wire, frames }, at) => {
        expect(steadyOutcome(wire, at)).toEqual({ frames, fault: undefined });
      }),
      { numRuns: 300 },
    );
  });

  test('P19 any stream that ends early is truncated or whole, and gives the frames up to there', () => {
    fc.assert(
      fc.property(
        stream,
        fc.double({ min: 0, max: 1, noNaN: true }),
        places,
        ({ wire, frames }, part, at) => {
          const size = Math.floor(part * wire.length);
          const done = frames.filter(({ offset, byteLength }) => offset + byteLength <= size);
          const inside = frames.some(({ offset, byteLength }) => offset < size && offset + byteLength > size);
          expect(steadyOutcome(wire.subarray(0, size), at)).toEqual({
            frames: done,
            fault: inside ? { code: 'STOMP_FRAME_TRUNCATED', offset: size } : undefined,
          });
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('what encodeFrame wrote', () => {
  const safeName = name
    .map((key) => key.replaceAll(/[\r\0]/g, ''))
    .map(trimmed)
    .filter((key) => key !== '' && key !== 'content-length');
  const safeValue = value.map((it) => trimmed(it.replaceAll(/[\r\0]/g, '')));

  test('P2 P12 P13 P16 is read as what was given', () => {
    const given = fc.record({
      command,
      headers: fc.array(fc.tuple(safeName, safeValue), { maxLength: 6 }),
      body: fc.oneof(text, fc.uint8Array({ maxLength: 40 })),
    });
    fc.assert(
      fc.property(fc.array(given, { maxLength: 4 }), places, (rows, at) => {
        const wires = rows.map((row) => encodeFrame(row));
        const { frames, fault } = steadyOutcome(Buffer.concat(wires), at);
        expect(fault).toBeUndefined();
        expect(frames.map(({ command, headers, body }) => ({ command, headers, body }))).toEqual(
          rows.map((row) => {
            const body =
              typeof row.body === 'string' ? latin1(row.body) : Buffer.from(row.body).toString('latin1');
            const length = body === '' ? [] : [['content-length', String(body.length)]];
            return { command: row.command, headers: [...row.headers, ...length], body };
          }),
        );
        expect(frames.map(({ byteLength }) => byteLength)).toEqual(wires.map(({ length }) => length));
      }),
      { numRuns: 200 },
    );
  });

  test('P12 is one frame, whatever names and values were asked for, or nothing', () => {
    const anything = fc.string({
      unit: fc.oneof(character, fc.constantFrom('\n', '\0', '\r', ':')),
      maxLength: 8,
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(anything, anything), { maxLength: 3 }), anything, (headers, asked) => {
        let wire: Buffer;
        try {
          wire = encodeFrame({ command: asked === '' ? 'SEND' : asked, headers, body: 'x' });
        } catch (error) {
          expect(error).toMatchObject({ name: 'FrameError' });
          return;
        }
        const { frames, fault } = outcome(wire, []);
        expect(fault).toBeUndefined();
        expect(frames).toHaveLength(1);
        expect(frames[0]!.headers).toHaveLength(headers.length + 1);
      }),
      { numRuns: 300 },
    );
  });
});

describe('any bytes', () => {
  test('P3 P14 P17 P19 give frames or a FrameError, the same in every cut', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), places, options, (data, at, opts) => {
        steadyOutcome(Buffer.from(data), at, opts);
      }),
      { numRuns: 300 },
    );
  });

  test('P3 P14 P17 P19 so do pieces of frames', () => {
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 12 }), places, options, (pieces, at, opts) => {
        steadyOutcome(Buffer.from(pieces.join(''), 'latin1'), at, opts);
      }),
      { numRuns: 500 },
    );
  });

  test('P3 P14 P17 P19 and frames with faults in them', () => {
    fc.assert(
      fc.property(
        stream,
        fc.array(mutation, { minLength: 1, maxLength: 3 }),
        places,
        options,
        ({ wire }, mutations, at, opts) => {
          steadyOutcome(mutate(wire, mutations), at, opts);
        },
      ),
      { numRuns: 400 },
    );
  });
});
