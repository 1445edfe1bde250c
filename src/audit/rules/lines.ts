import type { ByteRange } from '../types.js';

/** One header line as it stands on the wire; strings hold a byte in each character. */
export interface HeaderLine {
  /** Up to the first colon; the whole line where there is none. */
  readonly name: string;
  /** Behind the colon, untrimmed; undefined without a colon. */
  readonly value: string | undefined;
  /** Whether CR LF ends it. */
  readonly crlf: boolean;
  /** The line without its end: positions in the frame. */
  readonly at: ByteRange;
}

export interface FrameHead {
  readonly lines: readonly HeaderLine[];
  /** Whether CR LF ends the command line or the blank one. */
  readonly crlf: boolean;
  /** Where the body begins in the frame. */
  readonly bodyAt: number;
}

/** The head of a whole frame, line by line. */
export function readFrameHead(bytes: Buffer): FrameHead {
  const lines: HeaderLine[] = [];
  let crlf = false;
  let start = bytes.indexOf(0x0a) + 1;
  if (bytes[start - 2] === 0x0d) crlf = true;
  for (;;) {
    const lf = bytes.indexOf(0x0a, start);
    if (lf < 0) return { lines, crlf, bodyAt: bytes.length };
    const hasCr = lf > start && bytes[lf - 1] === 0x0d;
    const end = hasCr ? lf - 1 : lf;
    if (end === start) return { lines, crlf: crlf || hasCr, bodyAt: lf + 1 };
    const text = bytes.toString('latin1', start, end);
    const colon = text.indexOf(':');
    lines.push({
      name: colon < 0 ? text : text.slice(0, colon),
      value: colon < 0 ? undefined : text.slice(colon + 1),
      crlf: hasCr,
      at: [start, end],
    });
    start = lf + 1;
  }
}

/** The value of the first header of that name, as it stands on the wire. */
export function wireValue(head: FrameHead, name: string): string | undefined {
  return head.lines.find((line) => line.name.trim() === name)?.value ?? undefined;
}
