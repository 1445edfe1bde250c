import type { Conversation } from './conversation.js';
import { headerOf, show, type WireFrame } from './wire.js';

export type ProbeResult = 'open' | 'closed' | 'silent';

const PROBE = 'probe-';

/** What a case knows about one of its connections. */
export interface Party {
  readonly conversation: Conversation;
  /** Frames before this one belong to the setting, not to the question. */
  mark: number;
  /** The last probe, if there was one. */
  probe: ProbeResult | undefined;
  /** False when CONNECT was not answered by CONNECTED. */
  loggedIn: boolean | undefined;
}

/** A receipt-id with which the suite asks whether the broker still answers. */
export function probeId(count: number): string {
  return `${PROBE}${count}`;
}

function isProbe(frame: WireFrame): boolean {
  return frame.command === 'RECEIPT' && (headerOf(frame, 'receipt-id') ?? '').trim().startsWith(PROBE);
}

/** What was seen in a case, for its judge. Connections are named as in the steps. */
export class Seen {
  readonly #parties: ReadonlyMap<string, Party>;
  readonly #fill: (text: string) => string;

  /** Whether the broker is spoken to over TLS. */
  readonly isTls: boolean;

  constructor(parties: ReadonlyMap<string, Party>, fill: (text: string) => string, isTls: boolean) {
    this.isTls = isTls;
    this.#parties = parties;
    this.#fill = fill;
  }

  /** Fills in the places of a text as the steps do. */
  fill(text: string): string {
    return this.#fill(text);
  }

  party(as: string): Party {
    const party = this.#parties.get(as);
    if (party === undefined) throw new Error(`the case has no connection ${as}`);
    return party;
  }

  get names(): readonly string[] {
    return [...this.#parties.keys()];
  }

  /** Frames behind the mark, answers to probes left out. */
  frames(as: string): readonly WireFrame[] {
    const { conversation, mark } = this.party(as);
    return conversation.frames.slice(mark).filter((frame) => !isProbe(frame));
  }

  all(as: string, command: string): readonly WireFrame[] {
    return this.frames(as).filter((frame) => frame.command === command);
  }

  first(as: string, command: string): WireFrame | undefined {
    return this.all(as, command)[0];
  }

  /** MESSAGEs, those before the mark too. */
  messages(as: string): readonly WireFrame[] {
    return this.party(as).conversation.frames.filter((frame) => frame.command === 'MESSAGE');
  }

  bodies(as: string): readonly string[] {
    return this.messages(as).map((frame) => frame.body.toString('latin1'));
  }

  /** How often this receipt came, at any time. */
  receipts(as: string, id: string): number {
    return this.#receiptIds(as).filter((found) => found === id).length;
  }

  receiptOrder(as: string): readonly string[] {
    return this.#receiptIds(as).filter((id) => !id.startsWith(PROBE));
  }

  #receiptIds(as: string): readonly string[] {
    const { frames } = this.party(as).conversation;
    const receipts = frames.filter((frame) => frame.command === 'RECEIPT');
    return receipts.map((frame) => (headerOf(frame, 'receipt-id') ?? '').trim());
  }

  header(frame: WireFrame | undefined, name: string): string | undefined {
    return headerOf(frame, name);
  }

  /** Whether the broker has ended this connection. */
  isEnded(as: string): boolean {
    const { fate } = this.party(as).conversation;
    return fate === 'ended' || fate === 'reset';
  }

  /** Frames other than MESSAGE in their order, and how the connection stands: `RECEIPT, ERROR, closed`. */
  fate(as: string): string {
    const { probe } = this.party(as);
    const parts: string[] = [];
    for (const frame of this.frames(as)) {
      if (frame.command === 'MESSAGE') continue;
      const named = frame.command === 'ERROR' && headerOf(frame, 'receipt-id') !== undefined;
      const part = named ? 'ERROR with receipt-id' : show(frame.command, 30);
      // Behind a broken frame some brokers stumble on, an ERROR for each line or so: how often is chance.
      if (frame.command !== 'ERROR' || parts.at(-1) !== part) parts.push(part);
    }
    return [...parts, this.isEnded(as) ? 'closed' : (probe ?? 'open')].join(', ');
  }

  /** The bytes behind the mark, for people. */
  received(as: string): string {
    const frames = this.frames(as);
    const text = frames.map((frame) => show(frame.raw, 300)).join(' ');
    const { rest } = this.party(as).conversation;
    const more =
      rest.length > 0 && !/^[\n\r]*$/.test(rest.toString('latin1', 0, 9)) ? ` ${show(rest, 120)}` : '';
    const end = this.isEnded(as) ? ' [end]' : '';
    return `${text}${more}${end}`.trim();
  }
}
