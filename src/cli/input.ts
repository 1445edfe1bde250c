import { createReadStream } from 'node:fs';
import { addAbortSignal, type Readable } from 'node:stream';
import { fileError } from './failures.js';

const LF = 0x0a;
const CR = 0x0d;

/** The bytes of a file, or of standard input for `-`. Ends early, without an error, when the signal is aborted. */
export async function* readInput(
  path: string,
  stdin: Readable,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void> {
  const stream = addAbortSignal(signal, path === '-' ? stdin : createReadStream(path));
  try {
    for await (const chunk of stream) {
      yield typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Buffer);
    }
  } catch (error) {
    if (!signal.aborted) throw fileError('cannot read', path === '-' ? 'standard input' : path, error);
  }
}

/** Lines without their LF or CRLF; the last one may have none. Looks at each byte once. */
export async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  let begun: Buffer[] = [];
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      const tail = chunk.subarray(start, end);
      yield withoutReturn(begun.length === 0 ? tail : Buffer.concat([...begun, tail]));
      begun = [];
      start = end + 1;
    }
    if (start < chunk.length) begun.push(chunk.subarray(start));
  }
  if (begun.length > 0) yield Buffer.concat(begun);
}

function withoutReturn(line: Buffer): Buffer {
  return line.at(-1) === CR ? line.subarray(0, -1) : line;
}

/** All of it, as one. */
export async function* whole(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  yield Buffer.concat(all);
}

export async function* once(body: Buffer): AsyncGenerator<Buffer, void> {
  yield body;
}
