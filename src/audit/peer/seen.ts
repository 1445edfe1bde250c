import type { Conversation } from '../conformance/conversation.js';
import { headerOf, show, type WireFrame } from '../conformance/wire.js';

/** What the client said it had read: names and values are latin1, a character a byte. */
export interface Told {
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

const OUT = '/queue/out';
const fromHex = (text: unknown): string => Buffer.from(String(text), 'hex').toString('latin1');

/** The destination of a frame, as other brokers read it: blanks do not count. */
export function destinationOf(frame: WireFrame): string {
  return (headerOf(frame, 'destination') ?? '').trim();
}

function readTold(frame: WireFrame): Told | undefined {
  try {
    const { body, headers } = JSON.parse(frame.body.toString('utf8'));
    const pairs = (headers as unknown[][]).map(([name, value]) => [fromHex(name), fromHex(value)] as const);
    return { body: fromHex(body), headers: pairs };
  } catch {
    return undefined;
  }
}

function masked(frame: WireFrame): string {
  return show(frame.raw.toString('latin1').replace(/(\npasscode:)[^\n]*/g, '$1*'), 300);
}

/** What was seen of a client in a case, for its judge. */
export class ClientSeen {
  readonly #connections: ReadonlyMap<string, Conversation>;
  readonly #accepted: () => number;

  constructor(connections: ReadonlyMap<string, Conversation>, accepted: () => number) {
    this.#connections = connections;
    this.#accepted = accepted;
  }

  get names(): readonly string[] {
    return [...this.#connections.keys()];
  }

  /** How many connections the client has made in the case, on both ports. */
  get accepted(): number {
    return this.#accepted();
  }

  has(as: string): boolean {
    return this.#connections.has(as);
  }

  frames(as = 'a'): readonly WireFrame[] {
    return this.#connections.get(as)?.frames ?? [];
  }

  all(command: string, as = 'a'): readonly WireFrame[] {
    return this.frames(as).filter((frame) => frame.command === command);
  }

  /** SENDs to where the client reports, whose body is not a report of a message. */
  said(as = 'a'): readonly string[] {
    const sent = this.all('SEND', as).filter((frame) => destinationOf(frame) === OUT);
    return sent
      .filter((frame) => readTold(frame) === undefined)
      .map((frame) => frame.body.toString('latin1'));
  }

  told(as = 'a'): readonly Told[] {
    const sent = this.all('SEND', as).filter((frame) => destinationOf(frame) === OUT);
    return sent.flatMap((frame) => readTold(frame) ?? []);
  }

  bodies(as = 'a'): readonly string[] {
    return this.told(as).map(({ body }) => body);
  }

  /** The values of a header in the first message that was reported. */
  values(name: string): readonly string[] {
    const headers = this.told()[0]?.headers ?? [];
    return headers.filter(([found]) => found === name).map(([, value]) => value);
  }

  /** Whether the client has ended this connection. */
  isEnded(as = 'a'): boolean {
    const fate = this.#connections.get(as)?.fate;
    return fate === 'ended' || fate === 'reset';
  }

  received(): string {
    const parts = this.names.map((as) => {
      const text = this.frames(as).map(masked).join(' ');
      return `${text}${this.isEnded(as) ? ' [end]' : ''}`;
    });
    return parts.join(' | ');
  }
}
