import type { Writable } from 'node:stream';

/** A stream as `process.stdout` is one. */
export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number };

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';

const STYLES: Readonly<Record<Style, string>> = {
  bold: '\x1b[1m',
  dim: '\x1b[2m',
  red: '\x1b[31m',
  green: '\x1b[32m',
  yellow: '\x1b[33m',
};
const PLAIN = '\x1b[0m';
const ERASE_LINE = '\r\x1b[K';

/** All that a command says: results on stdout; notes, errors and the live line on stderr. */
export class Terminal {
  readonly #stdout: Output;
  readonly #stderr: Output;
  readonly #colour: boolean;
  readonly #gone = new AbortController();
  #live = false;
  #failure: Error | undefined;

  constructor(stdout: Output, stderr: Output, env: Readonly<Record<string, string | undefined>> = {}) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#colour = stdout.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
    stdout.on('error', (error) => this.#onError(error));
    stderr.on('error', () => undefined); // there is nowhere left to say so
  }

  /** Results go to somebody's screen. */
  get isTTY(): boolean {
    return this.#stdout.isTTY === true;
  }

  /** Notes go to somebody's screen: only then is there a live line. */
  get isLive(): boolean {
    return this.#stderr.isTTY === true;
  }

  /** Results are painted. */
  get isColoured(): boolean {
    return this.#colour;
  }

  /** Aborted once nobody reads the results any more, as after `| head`. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Why results could not be written, other than that nobody reads them. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** One line, or several, of the result. */
  line(text = ''): void {
    void this.write(`${text}\n`);
  }

  /** Bytes of the result as they are. Resolves when they are written: with false when they could not be. */
  write(data: string | Uint8Array): Promise<boolean> {
    if (this.#gone.signal.aborted) return Promise.resolve(false);
    this.clearStatus();
    return new Promise((resolve) => {
      this.#stdout.write(data, (error) => resolve(!error));
    });
  }

  /** One object as one line. */
  json(value: unknown): void {
    this.line(JSON.stringify(value));
  }

  /** One line for people, beside the result. */
  note(text: string): void {
    this.clearStatus();
    this.#stderr.write(`${text}\n`);
  }

  /** Replaces the live line; on anything but a terminal there is none. */
  status(text: string): void {
    if (!this.isLive) return;
    const columns = this.#stderr.columns || 80;
    this.#stderr.write(ERASE_LINE + text.slice(0, columns - 1));
    this.#live = true;
  }

  clearStatus(): void {
    if (!this.#live) return;
    this.#live = false;
    this.#stderr.write(ERASE_LINE);
  }

  /** The text in a style, where the results go to a terminal and NO_COLOR is not set. */
  paint(style: Style, text: string): string {
    return this.#colour ? STYLES[style] + text + PLAIN : text;
  }

  /** Resolves when all that was said is written. */
  async flush(): Promise<void> {
    this.clearStatus();
    const flushed = (stream: Output) => new Promise<void>((resolve) => stream.write('', () => resolve()));
    await Promise.all([this.write(''), flushed(this.#stderr)]);
  }

  #onError(error: NodeJS.ErrnoException): void {
    if (error.code !== 'EPIPE') this.#failure ??= error;
    this.#gone.abort();
  }
}

/** The text with what would move a terminal's cursor, or worse, written as escapes. */
export function printable(text: string): string {
  return text.replace(
    /[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]/g,
    (character) => `\\x${character.codePointAt(0)!.toString(16).padStart(2, '0')}`,
  );
}
