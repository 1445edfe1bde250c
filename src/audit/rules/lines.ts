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
  /** Names, colons and values of visible US-ASCII without a backslash: nothing in it can be odd. */
  readonly plain: boolean;
}

const PLAIN = /^(?:[!-9;-[\]-~]+:(?:[!-[\]-~](?:[ -[\]-~]*[!-[\]-~])?)?\n)*$/;

/** The head of a whole frame, line by line. */
export function readFrameHead(bytes: Buffer): FrameHead {
  const lines: HeaderLine[] = [];
  const first = bytes.indexOf(0x0a) + 1;
  const wire = bytes.toString('latin1', 0, headEnd(bytes, first));
  let crlf = wire[first - 2] === '\r';
  let start = first;
  for (;;) {
    const lf = wire.indexOf('\n', start);
    const hasCr = lf > start && wire[lf - 1] === '\r';
    const end = hasCr ? lf - 1 : lf;
    if (lf < 0 || end === start) {
      crlf ||= hasCr;
      const bodyAt = lf < 0 ? bytes.length : lf + 1;
      return { lines, crlf, bodyAt, plain: !crlf && PLAIN.test(wire.slice(first, start)) };
    }
    const text = wire.slice(start, end);
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

/** Behind the blank line, or where the bytes end. */
function headEnd(bytes: Buffer, from: number): number {
  for (let at = from; ; ) {
    const lf = bytes.indexOf(0x0a, at);
    if (lf < 0) return bytes.length;
    if (lf === at || (lf === at + 1 && bytes[at] === 0x0d)) return lf + 1;
    at = lf + 1;
  }
}

/** The value of the first header of that name, as it stands on the wire. */
export function wireValue(head: FrameHead, name: string): string | undefined {
  return head.lines.find((line) => line.name.trim() === name)?.value ?? undefined;
}
