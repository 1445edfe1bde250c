import { FrameError } from '../../src/errors.js';
import { type Frame, FrameParser, type ParserOptions } from '../../src/frame/index.js';

/** A frame as plain data, so that two ways of reading it can be compared. */
export interface PlainFrame {
  readonly command: string;
  readonly headers: ReadonlyArray<readonly [string, string]>;
  /** One character for each byte. */
  readonly body: string;
  readonly offset: number;
  readonly byteLength: number;
}

export interface Fault {
  readonly code: string;
  readonly offset: number | undefined;
}

/** What became of a stream: the frames it gave and how it failed, if it did. */
export interface Outcome {
  readonly frames: readonly PlainFrame[];
  readonly fault: Fault | undefined;
}

export function plain(frame: Frame): PlainFrame {
  return {
    command: frame.command,
    headers: [...frame.headers],
    body: frame.body.toString('latin1'),
    offset: frame.offset,
    byteLength: frame.byteLength,
  };
}

/** Bytes written as one character each: `bytes('\xff\0')`. */
export function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

export function toBuffer(wire: string | Buffer): Buffer {
  return typeof wire === 'string' ? Buffer.from(wire, 'utf8') : wire;
}

/** Reads whole chunks with one parser and ends the stream. Anything but a FrameError is passed on. */
export function readFrames(chunks: Iterable<Buffer>, options?: ParserOptions): Frame[] {
  const frames: Frame[] = [];
  const parser = new FrameParser((frame) => frames.push(frame), options);
  for (const chunk of chunks) parser.push(chunk);
  parser.end();
  return frames;
}

/** The one frame in `wire`. */
export function readFrame(wire: string | Buffer, options?: ParserOptions): Frame {
  const frames = readFrames([toBuffer(wire)], options);
  if (frames.length !== 1) throw new Error(`one frame expected, ${frames.length} read`);
  return frames[0]!;
}

/**
 * Pushes `wire`, cut at `cuts`, with a fresh parser and then ends the stream. Each chunk is a buffer of its own
 * which is overwritten after the push, as a socket's read buffer is; the frames are looked at when all is over.
 */
export function outcome(wire: Buffer, cuts: readonly number[], options?: ParserOptions): Outcome {
  const frames: Frame[] = [];
  let fault: Fault | undefined;
  const parser = new FrameParser((frame) => frames.push(frame), options);
  try {
    let from = 0;
    for (let i = 0; i <= cuts.length; i++) {
      const to = cuts[i] ?? wire.length;
      const chunk = Buffer.from(wire.subarray(from, to));
      parser.push(chunk);
      if (options?.bodyViews !== true) chunk.fill(0x58);
      from = to;
    }
    parser.end();
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    fault = { code: error.code, offset: error.offset };
  }
  return { frames: frames.map(plain), fault };
}

/** The cuts of a stream of `size` bytes into single bytes. */
export function singleBytes(size: number): number[] {
  return Array.from({ length: Math.max(size - 1, 0) }, (_, i) => i + 1);
}

/** Whole, byte by byte, in two at every offset; and in three at every pair of offsets if that is not too many. */
export function* everyCut(size: number, pairsUpTo: number): Generator<number[]> {
  yield [];
  yield singleBytes(size);
  for (let i = 0; i <= size; i++) yield [i];
  if (size > pairsUpTo) return;
  for (let i = 1; i < size; i++) for (let j = i + 1; j < size; j++) yield [i, j];
}

/** The FrameError that `action` throws. */
export function faultOf(action: () => unknown): FrameError {
  try {
    action();
  } catch (error) {
    if (error instanceof FrameError) return error;
    throw error;
  }
  throw new Error('a FrameError was expected, and nothing was thrown');
}
