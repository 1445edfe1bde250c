/**
 * A reader of frames for a peer that may be wrong. The library's parser refuses what it must; this one goes on as
 * well as it can and keeps every byte, so that a verdict can show what came. All text is latin1: a character a byte.
 */
export interface WireFrame {
  readonly command: string;
  /** Header lines without their line ends, as they came. */
  readonly lines: readonly string[];
  readonly body: Buffer;
  /** From the command's first byte to the NUL, both included. */
  readonly raw: Buffer;
  /** What stood between the frame before and this one. */
  readonly before: string;
  /** True where content-length and the NUL do not agree, or a length is no number. */
  readonly broken: boolean;
}

const NUL = 0;
const LF = 10;
const CR = 13;
const NOTHING = Buffer.alloc(0);

/** The value of the first header of this name, or undefined; not trimmed. */
export function headerOf(frame: WireFrame | undefined, name: string): string | undefined {
  const line = frame?.lines.find((text) => text.startsWith(`${name}:`));
  return line?.slice(name.length + 1);
}

interface Head {
  readonly command: string;
  readonly lines: readonly string[];
  /** Where the body begins. */
  readonly bodyAt: number;
}

function readHead(bytes: Buffer, from: number): Head | undefined {
  const lines: string[] = [];
  for (let at = from; ; ) {
    const end = bytes.indexOf(LF, at);
    if (end < 0) return undefined;
    const line = bytes.toString('latin1', at, bytes[end - 1] === CR && end > at ? end - 1 : end);
    at = end + 1;
    if (line.includes('\0')) return undefined;
    if (line === '') return { command: lines[0] ?? '', lines: lines.slice(1), bodyAt: at };
    lines.push(line);
  }
}

export class WireReader {
  #rest: Buffer = NOTHING;
  #waitFor = 0;

  /** Bytes that are not a whole frame yet. */
  get rest(): Buffer {
    return this.#rest;
  }

  push(chunk: Buffer): WireFrame[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: WireFrame[] = [];
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) frames.push(frame);
    return frames;
  }

  #next(): WireFrame | undefined {
    const bytes = this.#rest;
    if (bytes.length < this.#waitFor) return undefined;
    let start = 0;
    while (bytes[start] === LF || bytes[start] === CR || bytes[start] === NUL) start++;
    const head = readHead(bytes, start);
    if (head === undefined) return this.#headless(bytes, start);
    const { bodyAt } = head;
    const text = head.lines.find((line) => line.startsWith('content-length:'))?.slice(15);
    const counted = text === undefined || !/^ *\d{1,9} *$/.test(text) ? undefined : Number(text);
    let end = counted === undefined ? bytes.indexOf(NUL, bodyAt) : bodyAt + counted;
    let broken = text !== undefined && counted === undefined;
    if (end < 0) return undefined;
    if (end >= bytes.length) {
      this.#waitFor = end + 1;
      return undefined;
    }
    if (bytes[end] !== NUL) {
      broken = true;
      end = bytes.indexOf(NUL, bodyAt);
      if (end < 0) return undefined;
    }
    return this.#take(start, end, { ...head, broken, body: bytes.subarray(bodyAt, end) });
  }

  /** A NUL where a head should have been: what stands before it is reported as a frame of its own. */
  #headless(bytes: Buffer, start: number): WireFrame | undefined {
    const end = bytes.indexOf(NUL, start);
    if (end < 0) return undefined;
    const lines = bytes.toString('latin1', start, end).split('\n');
    return this.#take(start, end, { command: lines[0]!, lines: lines.slice(1), broken: true, body: NOTHING });
  }

  #take(start: number, end: number, parts: Omit<WireFrame, 'raw' | 'before'>): WireFrame {
    const bytes = this.#rest;
    const before = bytes.toString('latin1', 0, start);
    this.#rest = bytes.subarray(end + 1);
    this.#waitFor = 0;
    const { command, lines, body, broken } = parts;
    return { command, lines, body, broken, before, raw: bytes.subarray(start, end + 1) };
  }
}

/** Bytes for people: latin1 text with escapes, cut in the middle. */
export function show(bytes: Buffer | string, most = 400): string {
  const text =
    typeof bytes === 'string' ? bytes : bytes.toString('latin1', 0, Math.min(bytes.length, most + 1));
  const cut = text.length > most ? `${text.slice(0, most)}` : text;
  const escaped = cut.replace(/[\0-\x1f\\\x7f-\xff]/g, (char) => {
    const known = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\0': '\\0', '\\': '\\\\' }[char];
    return known ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return text.length > most ? `${escaped}...` : escaped;
}
