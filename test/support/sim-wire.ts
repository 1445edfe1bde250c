/** A frame as the checker reads it. */
export interface WireFrame {
  readonly command: string;
  readonly headers: ReadonlyMap<string, string>;
  /** One character for each byte. */
  readonly body: string;
}

/** Reads frames that are well formed. It is a second reader on purpose: the checker does not trust the first. */
export class WireReader {
  readonly #onFrame: (frame: WireFrame) => void;
  #text = '';

  constructor(onFrame: (frame: WireFrame) => void) {
    this.#onFrame = onFrame;
  }

  push(bytes: Buffer): void {
    this.#text += bytes.toString('latin1');
    for (;;) {
      const start = this.#skipBlankLines();
      const blank = this.#text.indexOf('\n\n', start);
      if (blank < 0) return;
      const [command = '', ...lines] = this.#text.slice(start, blank).split('\n');
      const headers = new Map<string, string>();
      for (const line of lines) {
        const colon = line.indexOf(':');
        const name = line.slice(0, colon);
        if (!headers.has(name)) headers.set(name, line.slice(colon + 1));
      }
      const length = headers.get('content-length');
      const from = blank + 2;
      const end = length === undefined ? this.#text.indexOf('\0', from) : from + Number(length);
      if (end < 0 || this.#text.length <= end) return;
      const body = this.#text.slice(from, end);
      if (this.#text[end] !== '\0') throw new Error(`no NUL behind the body of ${command}`);
      this.#text = this.#text.slice(end + 1);
      this.#onFrame({ command, headers, body });
    }
  }

  #skipBlankLines(): number {
    let at = 0;
    while (this.#text[at] === '\n') at++;
    return at;
  }
}
