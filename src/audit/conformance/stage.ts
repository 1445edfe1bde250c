import { dial } from '../socket.js';
import type { SuiteClock } from './clock.js';
import { Conversation } from './conversation.js';
import type { Ending } from './ending.js';
import { connectFrame, fillSecrets, moreHeaders, type Names } from './names.js';
import { type Party, probeId, Seen } from './seen.js';
import type { BrokerCase, BrokerTarget, Step, Want } from './types.js';
import { headerOf, type WireFrame } from './wire.js';

/** What all cases of a run share. */
export interface Setting {
  readonly target: BrokerTarget;
  readonly clock: SuiteClock;
  readonly timeoutMs: number;
  readonly quietMs: number;
  readonly patienceMs: number;
  readonly ending: Ending;
}

const isMessage = (frame: WireFrame): boolean => frame.command === 'MESSAGE';

/** Plays the steps of one case. */
export class Stage {
  readonly seen: Seen;
  readonly #setting: Setting;
  readonly #names: Names;
  readonly #parties = new Map<string, Party>();
  #probes = 0;
  /** Set once something was left to chance: unacknowledged, cut, or unanswered. */
  untidy = false;

  constructor(setting: Setting, names: Names) {
    this.#setting = setting;
    this.#names = names;
    this.seen = new Seen(this.#parties, (text) => names.fill(text), setting.target.tls !== undefined);
  }

  /** Resolves with what went wrong with the setting itself, or undefined. */
  async play(steps: BrokerCase['steps']): Promise<string | undefined> {
    for (const step of steps) {
      if (this.#setting.ending.isSaid) return 'aborted';
      await this.#step(step);
      if (step.do === 'login' && this.seen.party(step.as).loggedIn === false) {
        const first = this.seen.frames(step.as)[0];
        return `CONNECT was answered by ${first?.command ?? this.seen.party(step.as).conversation.fate}`;
      }
    }
    return undefined;
  }

  /** Leaves in order where that is still possible, so that no consumer of ours outlives the case. */
  async close(): Promise<void> {
    await Promise.all(
      [...this.#parties.values()].map(async ({ conversation, probe, loggedIn }) => {
        if (conversation.isOpen && loggedIn && probe !== 'silent') {
          conversation.release();
          void conversation.write(Buffer.from('DISCONNECT\nreceipt:bye\n\n\0', 'latin1'));
          await conversation.ended(this.#setting.quietMs * 2);
        }
        conversation.close();
      }),
    );
  }

  async #step(step: Step): Promise<void> {
    const { quietMs, timeoutMs, clock } = this.#setting;
    switch (step.do) {
      case 'dial':
        await this.#dial(step.as, step.plain);
        return;
      case 'login':
        await this.#login(step.as);
        return;
      case 'pause':
        await new Promise<void>((done) => clock.schedule(quietMs * (step.times ?? 1), done));
        return;
      default:
    }
    const party = this.seen.party(step.as);
    const { conversation } = party;
    switch (step.do) {
      case 'write':
        await this.#write(conversation, step.bytes, step.pieces);
        return;
      case 'await':
        await this.#await(party, step.want);
        return;
      case 'quiet':
        await conversation.quiet(quietMs * (step.times ?? 1), timeoutMs + quietMs);
        return;
      case 'linger':
        await conversation.ended(this.#setting.patienceMs);
        return;
      case 'probe':
        await this.#probe(party);
        return;
      case 'mark':
        party.mark = conversation.frames.length;
        return;
      case 'cut':
        this.untidy = true;
        conversation.cut();
        return;
      default:
        conversation[step.do]();
    }
  }

  async #dial(as: string, plain = false): Promise<Party> {
    const { target, clock, ending } = this.#setting;
    const { host, port, tls } = target;
    const options = { tls: plain ? undefined : tls };
    const socket = await ending.cutting((signal) => dial({ host, port }, { ...options, signal }));
    const conversation = new Conversation(socket, clock);
    const party: Party = { conversation, mark: 0, probe: undefined, loggedIn: undefined };
    this.#parties.set(as, party);
    return party;
  }

  async #login(as: string): Promise<void> {
    const party = await this.#dial(as);
    const { conversation } = party;
    await this.#write(conversation, connectFrame(this.#setting.target));
    await conversation.until(() => conversation.frames.length > 0, this.#setting.timeoutMs);
    party.loggedIn = conversation.frames[0]?.command === 'CONNECTED';
    if (party.loggedIn) party.mark = 1;
  }

  async #write(conversation: Conversation, text: string, pieces: readonly number[] = []): Promise<void> {
    if (text.includes('ack:client')) this.untidy = true;
    const named = this.#names.fill(
      text
        .replaceAll('{connect}', connectFrame(this.#setting.target))
        .replaceAll('{more}', moreHeaders(this.#setting.target)),
    );
    const { bytes, shown } = fillSecrets(this.#setting.target, this.#fillIds(named));
    let from = 0;
    for (const at of [...pieces, bytes.length]) {
      // A piece has to leave in a segment of its own, or it would not be one to the other side.
      if (from > 0) await new Promise<void>((done) => this.#setting.clock.schedule(2, done));
      const written = conversation.write(bytes.subarray(from, at), shown.subarray(from, at));
      if (bytes.length < 1_000_000) await written;
      from = at;
    }
  }

  #fillIds(text: string): string {
    const ids = text.replace(/\{id (\w+) (\w+)\}/g, (_all, as: string, which: string) => {
      const message = this.seen.messages(as).at(which === 'last' ? -1 : Number(which));
      return headerOf(message, 'message-id') ?? 'unknown';
    });
    return ids.replace(/\{header (\w+) ([\w-]+)\}/g, (_all, as: string, name: string) => {
      return headerOf(this.seen.messages(as)[0], name) ?? 'unknown';
    });
  }

  async #await({ conversation, mark }: Party, want: Want): Promise<void> {
    const { frames } = conversation;
    const receipt = (id: string) => (frame: WireFrame) =>
      frame.command === 'RECEIPT' && (headerOf(frame, 'receipt-id') ?? '').trim() === id;
    const done = (): boolean => {
      if ('end' in want) return false;
      if ('first' in want) return frames.length > mark;
      if ('receipt' in want) return frames.some(receipt(want.receipt));
      if ('messages' in want) return frames.filter(isMessage).length >= want.messages;
      if ('body' in want)
        return frames.some((frame) => isMessage(frame) && frame.body.toString('latin1') === want.body);
      return frames.slice(mark).some((frame) => frame.command === 'ERROR' || receipt(want.answer)(frame));
    };
    const came = await conversation.until(done, this.#setting.timeoutMs);
    if (!came && !('end' in want)) this.untidy = true;
  }

  /** Asks for a receipt of a message to nowhere, and so tells an open connection from a dead or a deaf one. */
  async #probe(party: Party): Promise<void> {
    const { conversation } = party;
    const id = probeId(++this.#probes);
    const frame = `SEND\ndestination:${this.#names.nowhere}\nreceipt:${id}\n\nprobe\0`;
    void conversation.write(Buffer.from(frame, 'latin1'));
    const answered = (): WireFrame | undefined =>
      conversation.frames.find((frame) => headerOf(frame, 'receipt-id')?.trim() === id);
    await conversation.until(() => answered() !== undefined, this.#setting.timeoutMs);
    // Refused, as behind a frame that has lost its end: the connection may be about to end.
    if (answered()?.command === 'ERROR') await conversation.ended(this.#setting.quietMs);
    const came = answered() !== undefined && conversation.isOpen;
    party.probe = came ? 'open' : conversation.isOpen ? 'silent' : 'closed';
    if (!came) this.untidy = true;
  }
}
