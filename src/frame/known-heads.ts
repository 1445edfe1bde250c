import { NUL } from './bytes.js';
import type { Chunk } from './chunk.js';
import { isBetweenFrames } from './command-line.js';
import { type Layouts, MAX_HEAD_BYTES } from './layouts.js';
import type { Shape } from './shape.js';

/** So many heads at most are read ahead, from so many bytes of the chunk: what was looked at is still in the cache then. */
const MAX_HEADS = 16;
const MAX_AHEAD_BYTES = 16_384;
/** What they differ in is decoded at once, up to so many bytes: the longest head fits, and the rest of its outer words. */
const MAX_TEXT_BYTES = MAX_HEAD_BYTES + 16;

/** For the parsers of all connections: nothing is kept in it. */
const scratch = Buffer.allocUnsafeSlow(MAX_TEXT_BYTES);
const scratchWords = new BigUint64Array(scratch.buffer);

/** A method of Node's Buffer that its types leave out: `toString` finds its way to it. */
interface RawBuffer {
  latin1Slice(start: number, end: number): string;
}

/**
 * The heads that lie next to each other in a chunk and fit layouts, each but the last with a body that lies there too.
 *
 * A call that decodes bytes costs more than the bytes of many heads, and a text of whole heads takes more memory than
 * the messages do. So what the heads differ in is gathered, and decoded at once (docs/decisions/0019-heads-ahead.md).
 */
export class KnownHeads {
  count = 0;
  /** The lines that differ, of all. */
  text = '';
  /** Of each head: where it begins in the chunk, its shape, how its lines are shifted in the text. */
  readonly starts = new Int32Array(MAX_HEADS);
  readonly shapes: Shape[] = [];
  readonly shifts = new Int32Array(MAX_HEADS);
  /** Of each head: the content-length, -1 where there is none. */
  readonly bodyLengths = new Float64Array(MAX_HEADS);

  read(chunk: Chunk, from: number, layouts: Layouts): void {
    const { bytes, view } = chunk;
    const end = Math.min(bytes.length, from + MAX_AHEAD_BYTES);
    let words = 0;
    let count = 0;
    for (let at = from | 0; at < end && count < MAX_HEADS; ) {
      if (isBetweenFrames(bytes[at])) {
        at++;
        continue;
      }
      const layout = layouts.match(bytes, view, at);
      const length = layout?.bodyLength(bytes, at);
      if (layout === undefined || length === undefined) break;
      const { shape } = layout;
      const open = at + layout.headersStart + shape.from;
      const openEnd = at + layout.headersStart + shape.to;
      const taken = chunk.wordsOf(open, openEnd);
      if (words + taken > scratchWords.length) break;
      if (!chunk.copyWords(open, taken, scratchWords, words))
        bytes.copy(scratch, words * 8 + ((chunk.offset + open) & 7), open, openEnd);
      this.starts[count] = at;
      this.shapes[count] = shape;
      this.shifts[count] = words * 8 + ((chunk.offset + open) & 7) - shape.from;
      this.bodyLengths[count] = length;
      words += taken;
      count++;
      const bodyStart = at + layout.length;
      if (length >= bytes.length - bodyStart) break;
      // A length may be any number, which makes each sum with one slow; this one is a small whole number.
      const bodyEnd = length < 0 ? bodyStart : (bodyStart + length) | 0;
      if (bytes[bodyEnd] !== NUL) break;
      at = bodyEnd + 1;
    }
    this.count = count;
    this.text = words === 0 ? '' : (scratch as unknown as RawBuffer).latin1Slice(0, words * 8);
  }
}

/** One that nobody uses: most of the time one is enough for all parsers. */
let spare: KnownHeads | undefined;

export function takeKnownHeads(): KnownHeads {
  const heads = spare ?? new KnownHeads();
  spare = undefined;
  return heads;
}

export function giveKnownHeads(heads: KnownHeads): void {
  heads.text = '';
  spare = heads;
}
