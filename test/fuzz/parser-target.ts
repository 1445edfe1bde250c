import { type Frame, FrameError, FrameParser, type ParserOptions } from '../../src/frame/index.js';
import { Reading } from '../../src/transport/reading.js';
import { BAD, CLIENT_FRAMES, fill, GOOD, SERVER_FRAMES, type Wire } from './corpus.js';
import { mutate } from './mutate.js';
import { Random } from './random.js';
import { shrink } from './shrink.js';
import { Broken, kindOf, promised, type Target } from './target.js';

const FRAMES = [...SERVER_FRAMES, ...CLIENT_FRAMES];
const NAMES = ['content-length', 'message-id', 'destination', 'x', 'receipt-id', '__proto__', 'absent'];
const SCRATCH = Buffer.alloc(65_536);

interface Input {
  readonly frames: readonly Wire[];
  readonly options: ParserOptions;
  /** Where the stream is cut, and how much is read at a time. */
  readonly cuts: number;
}

/** What was made of a stream. */
interface Outcome {
  readonly frames: readonly Frame[];
  readonly fault: string;
}

function makeInput(seed: number): Input {
  const random = new Random(seed);
  const options: { -readonly [K in keyof ParserOptions]: ParserOptions[K] } = {};
  if (random.oneIn(4)) options.strict = true;
  if (random.oneIn(4)) options.unescapeHeaders = true;
  if (random.oneIn(6))
    options.limits = { maxBodyBytes: random.small(5_000), maxHeaders: 1 + random.small(30) };
  if (random.oneIn(12))
    options.limits = { maxCommandBytes: random.from(1, 12), maxHeaderLineBytes: random.from(1, 80) };
  // A few kinds again and again, as a broker sends them: that is what layouts are learnt from.
  const kinds = Array.from({ length: random.from(1, 4) }, () =>
    random.pick(random.oneIn(40) ? BAD : random.oneIn(3) ? GOOD : FRAMES),
  );
  const rough = random.pick([8, 30, 200]);
  const frames = Array.from({ length: random.from(1, random.pick([3, 60, 120])) }, () =>
    mutate(random, fill(random, random.pick(kinds), {}), random.pick(FRAMES), rough),
  );
  return { frames, options, cuts: random.next() };
}

function reading(collect: (onFrame: (frame: Frame) => void) => void): Outcome {
  const frames: Frame[] = [];
  try {
    collect((frame) => frames.push(frame));
    return { frames, fault: 'none' };
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    return { frames, fault: `${error.code} at ${error.offset} in ${error.state}` };
  }
}

/** In one piece, by a parser of its own. */
function whole(wire: Buffer, options: ParserOptions): Outcome {
  return reading((onFrame) => {
    const parser = new FrameParser(onFrame, options);
    parser.push(wire);
    parser.end();
  });
}

/** In pieces, each overwritten once it was taken. */
function inPieces(wire: Buffer, options: ParserOptions, random: Random): Outcome {
  const most = random.pick([1, 7, 40, 300, 5_000]);
  return reading((onFrame) => {
    const parser = new FrameParser(onFrame, options);
    for (let at = 0; at < wire.length; ) {
      const size = Math.min(1 + random.below(most), wire.length - at);
      const chunk = SCRATCH.subarray(0, size);
      wire.copy(chunk, 0, at, at + size);
      parser.push(chunk);
      chunk.fill(0x58);
      at += size;
    }
    parser.end();
  });
}

/** As a socket does it: read to where the reader says, large bodies into their place. */
function inPlace(wire: Buffer, options: ParserOptions, random: Random): Outcome {
  return reading((onFrame) => {
    const reader = new Reading(new FrameParser(onFrame, options));
    for (let at = 0; at < wire.length; ) {
      const buffer = reader.next(SCRATCH);
      promised(buffer.length > 0, () => 'there is no room to read to');
      const most = random.pick([100, 2_000, 65_536]);
      const size = Math.min(1 + random.below(most), buffer.length, wire.length - at);
      wire.copy(buffer, 0, at, at + size);
      reader.take(buffer.subarray(0, size));
      if (buffer.buffer === SCRATCH.buffer) SCRATCH.fill(0x58, 0, size);
      at += size;
    }
    reader.end();
  });
}

function agree(way: string, expected: Outcome, actual: Outcome): void {
  const { frames } = expected;
  promised(actual.fault === expected.fault, () => `${way}: ${actual.fault}; plainly: ${expected.fault}`);
  promised(
    actual.frames.length === frames.length,
    () => `${way}: ${actual.frames.length} frames, not ${frames.length}`,
  );
  for (const [i, frame] of frames.entries()) {
    const other = actual.frames[i]!;
    const start = (i * 3) % NAMES.length;
    const differs = difference(frame, other, i < 4 ? NAMES : NAMES.slice(start, start + 2));
    promised(differs === undefined, () => `${way}: frame ${i} has another ${differs}`);
  }
}

function difference(a: Frame, b: Frame, names: readonly string[]): string | undefined {
  if (a.command !== b.command) return 'command';
  if (a.offset !== b.offset) return 'offset';
  if (a.byteLength !== b.byteLength) return 'byteLength';
  if (!a.body.equals(b.body)) return 'body';
  if (!a.headers.raw.equals(b.headers.raw)) return 'header block';
  for (const name of names) {
    if (a.headers.get(name) !== b.headers.get(name)) return `value of ${name}`;
    if (a.headers.wire(name) !== b.headers.wire(name)) return `wire value of ${name}`;
  }
  return undefined;
}

/** What a frame says of itself is what stands in the stream, and nothing but line ends is left between frames. */
function checkPlaces(wire: Buffer, { frames, fault }: Outcome): void {
  let end = 0;
  for (const { command, headers, body, offset, byteLength } of frames) {
    const where = `the frame at ${offset}`;
    promised(offset >= end, () => `${where} begins before the end of the one before it`);
    promised(isLineEnds(wire, end, offset), () => `there is more than line ends before ${where}`);
    end = offset + byteLength;
    const head = wire.toString('latin1', offset, end - 1 - body.length);
    const eol = head.indexOf('\n') + 1;
    const raw = headers.raw.toString('latin1');
    promised(wire[end - 1] === 0, () => `${where} does not end with a NUL`);
    promised(body.equals(wire.subarray(end - 1 - body.length, end - 1)), () => `${where}: another body`);
    promised(head.slice(0, eol).trimEnd() === command, () => `${where}: another command`);
    promised(
      /^\r?\n$/.test(head.slice(eol + raw.length)),
      () => `${where}: no blank line behind the headers`,
    );
    promised(head.startsWith(raw, eol), () => `${where}: another header block`);
  }
  if (fault === 'none')
    promised(isLineEnds(wire, end, wire.length), () => 'bytes at the end are in no frame');
}

function isLineEnds(wire: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (wire[at] !== 0x0a && wire[at] !== 0x0d) return false;
  return true;
}

/** Gives the number of frames that were delivered, and one for a fault. */
function check(wire: Buffer, options: ParserOptions, cuts: number): number {
  const random = new Random(cuts);
  const plain = whole(wire, { ...options, learnLayouts: false });
  checkPlaces(wire, plain);
  agree('with layouts, in pieces', plain, inPieces(wire, options, random));
  agree('in place', plain, inPlace(wire, options, random));
  if (random.oneIn(2)) agree('with layouts', plain, whole(wire, options));
  if (random.oneIn(4))
    agree('plainly, in pieces', plain, inPieces(wire, { ...options, learnLayouts: false }, random));
  if (random.oneIn(4)) agree('with views', plain, whole(wire, { ...options, bodyViews: true }));
  return plain.frames.length + (plain.fault === 'none' ? 0 : 1);
}

function faultOf(wire: Buffer, { options, cuts }: Input): string | undefined {
  try {
    check(wire, options, cuts);
    return undefined;
  } catch (error) {
    return kindOf(error);
  }
}

/** The parser: every way of reading the same bytes must come to the same. */
export const parserTarget: Target = {
  name: 'parser',

  async run(seed) {
    const { frames, options, cuts } = makeInput(seed);
    return check(Buffer.from(frames.join(''), 'latin1'), options, cuts);
  },

  async reproduce(seed) {
    const input = makeInput(seed);
    const fault = faultOf(Buffer.from(input.frames.join(''), 'latin1'), input);
    if (fault === undefined) throw new Broken('it does not fail again');
    const same = (wire: Wire) => faultOf(Buffer.from(wire, 'latin1'), input) === fault;
    const frames = await shrink(input.frames, (fewer) => same(fewer.join('')));
    const bytes = await shrink([...frames.join('')], (fewer) => same(fewer.join('')));
    const { options, cuts } = input;
    return `${fault}\nbytes (latin1): ${JSON.stringify(bytes.join(''))}\noptions: ${JSON.stringify(options)}, cuts: ${cuts}`;
  },
};
