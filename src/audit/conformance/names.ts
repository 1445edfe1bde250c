import type { BrokerTarget } from './types.js';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** Twelve letters: nobody else on a shared broker has a destination with this in its name. */
export function randomName(): string {
  return Array.from({ length: 12 }, () => LETTERS[Math.floor(Math.random() * LETTERS.length)]).join('');
}

/**
 * The destinations of one lane of cases. They are used again by the next case as long as they were left clean, so
 * that a run leaves few empty queues behind on a broker that keeps them.
 */
export class Names {
  readonly #target: BrokerTarget;
  readonly #run: string;
  #count = 0;
  #name: string;

  constructor(target: BrokerTarget, run: string) {
    this.#target = target;
    this.#run = run;
    this.#name = `${run}-0`;
  }

  /** Gives up the present names. */
  retire(): void {
    this.#name = `${this.#run}-${++this.#count}`;
  }

  get queues(): readonly string[] {
    return ['{q}', '{q2}'].map((place) => this.fill(place));
  }

  /** Of a topic that nobody listens to. */
  get nowhere(): string {
    return `${this.#target.topics ?? '/topic/'}stompwire.${this.#name}.probe`;
  }

  fill(text: string): string {
    const { queues = '/queue/', topics = '/topic/' } = this.#target;
    const name = `stompwire.${this.#name}`;
    return text
      .replaceAll('{q}', `${queues}${name}`)
      .replaceAll('{q2}', `${queues}${name}.2`)
      .replaceAll('{t}', `${topics}${name}`)
      .replaceAll('{r}', name)
      .replaceAll('{nowhere}', this.nowhere);
  }
}

const bytesOf = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

/** Header lines that every CONNECT of this target needs, login and passcode left out. */
export function moreHeaders(target: BrokerTarget): string {
  const headers = Object.entries(target.connectHeaders ?? {});
  return headers.map(([name, value]) => bytesOf(`${name}:${value}\n`)).join('');
}

/** The CONNECT frame of this target, with places for login and passcode. */
export function connectFrame(target: BrokerTarget): string {
  const login = target.login === undefined ? '' : 'login:{login}\npasscode:{passcode}\n';
  return `CONNECT\n${login}${moreHeaders(target)}\n\0`;
}

export function fillSecrets(target: BrokerTarget, text: string): { bytes: Buffer; shown: Buffer } {
  const login = bytesOf(target.login ?? '');
  const passcode = bytesOf(target.passcode ?? '');
  const named = text.replaceAll('{login}', () => login);
  const fill = (secret: string): Buffer =>
    Buffer.from(
      named.replaceAll('{passcode}', () => secret),
      'latin1',
    );
  return { bytes: fill(passcode), shown: fill('*'.repeat(passcode.length)) };
}
