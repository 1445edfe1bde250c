import { closeSync, createWriteStream, openSync, rmSync, type WriteStream, writeSync } from 'node:fs';
import { extname } from 'node:path';
import type { TranscriptSink } from '../audit/index.js';
import { fileError } from './failures.js';

/** A file for a report: opened before the work begins, so that it is known whether it can be written. */
export class ReportFile {
  readonly #path: string;
  readonly #fd: number;

  constructor(path: string) {
    this.#path = path;
    try {
      this.#fd = openSync(path, 'w');
    } catch (error) {
      throw fileError('cannot write', path, error);
    }
  }

  write(parts: Iterable<string>): void {
    try {
      for (const part of parts) writeSync(this.#fd, part);
    } catch (error) {
      throw fileError('cannot write', this.#path, error);
    } finally {
      closeSync(this.#fd);
    }
  }
}

export function reportFile(path: string | undefined): ReportFile | undefined {
  return path === undefined ? undefined : new ReportFile(path);
}

/** `session.jsonl`, `session.2.jsonl`, `session.3.jsonl`. */
export function partPath(path: string, part: number): string {
  if (part === 1) return path;
  const extension = extname(path);
  return `${path.slice(0, path.length - extension.length)}.${part}${extension}`;
}

/** The files of a transcript: each part has one, and the oldest go when there are more than `most`. */
export class TranscriptFiles {
  readonly #path: string;
  readonly #most: number;
  readonly #onFailure: (error: Error) => void;
  /** Those not closed yet, by their part. */
  readonly #streams = new Map<number, WriteStream>();
  #last: WriteStream | undefined;
  #begun = false;
  #failure: Error | undefined;

  constructor(path: string, most: number, onFailure: (error: Error) => void) {
    this.#path = path;
    this.#most = most;
    this.#onFailure = onFailure;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  /** The first; rejects when it cannot be had. */
  async open(): Promise<TranscriptSink> {
    const stream = this.#stream(1);
    await new Promise<void>((resolve, reject) => {
      stream.once('open', () => resolve());
      stream.once('error', (error) => reject(fileError('cannot write', this.#path, error)));
    });
    this.#begun = true;
    return this.#sink(stream);
  }

  next(part: number): TranscriptSink {
    this.#last?.end();
    this.#drop(part - this.#most);
    return this.#sink(this.#stream(part));
  }

  /** Resolves when all is written, or cannot be. */
  async close(): Promise<void> {
    this.#last?.end();
    const closed = (stream: WriteStream) => new Promise<void>((done) => stream.once('close', () => done()));
    await Promise.all([...this.#streams.values()].map(closed));
  }

  /** Where many parts come at once, its file may not even be open yet: it goes when it is closed. */
  #drop(part: number): void {
    const remove = () => rmSync(partPath(this.#path, part), { force: true });
    const stream = this.#streams.get(part);
    if (stream !== undefined) stream.once('close', remove);
    else if (part >= 1) remove();
  }

  #stream(part: number): WriteStream {
    const stream = createWriteStream(partPath(this.#path, part));
    this.#streams.set(part, stream);
    this.#last = stream;
    stream.once('close', () => this.#streams.delete(part));
    stream.on('error', (error) => {
      if (this.#begun && this.#failure === undefined) this.#onFailure(error);
      this.#failure ??= error;
    });
    return stream;
  }

  #sink(stream: WriteStream): TranscriptSink {
    return {
      write: (line) => this.#failure !== undefined || stream.write(line),
      once: (event, listener) => stream.once(event, listener),
    };
  }
}
