import type { Socket } from 'node:net';
import type { SuiteClock } from '../conformance/clock.js';
import { Conversation, type Passed } from '../conformance/conversation.js';
import type { Ending } from '../conformance/ending.js';
import type { CaseTranscript } from '../conformance/types.js';
import { headerOf, type WireFrame } from '../conformance/wire.js';
import { type Address, type Listening, type ListenTls, listen } from '../socket.js';
import { ClientSeen } from './seen.js';
import type { ClientCase, PeerStep, Port } from './types.js';

export interface PeerSetting {
  readonly clock: SuiteClock;
  readonly connectMs: number;
  readonly timeoutMs: number;
  readonly quietMs: number;
  readonly patienceMs: number;
  readonly ending: Ending;
}

/** A connection that was accepted. */
interface Guest {
  readonly conversation: Conversation;
  receipts: 'at-once' | 'held';
  readonly held: string[];
}

/** More than these are not kept: a client that dials without pause has been seen by then. */
const MOST_ACCEPTED = 500;

/** The same bytes with `*` for passcodes, wherever the client cut them. */
function withoutPasscodes(passed: readonly Passed[]): Passed[] {
  const sent = passed.filter(({ direction }) => direction === 'received').map(({ bytes }) => bytes);
  const text = Buffer.concat(sent).toString('latin1');
  const masked = Buffer.from(
    text.replace(
      /(\npasscode:)([^\n]*)/g,
      (_all, name: string, value: string) => name + '*'.repeat(value.length),
    ),
    'latin1',
  );
  let at = 0;
  return passed.map(({ direction, bytes }) => {
    if (direction === 'sent') return { direction, bytes };
    at += bytes.length;
    return { direction, bytes: masked.subarray(at - bytes.length, at) };
  });
}

/** Plays a broker for one case, on two ports. */
export class PeerStage {
  readonly seen: ClientSeen;
  readonly #setting: PeerSetting;
  readonly #guests = new Map<string, Guest>();
  readonly #conversations = new Map<string, Conversation>();
  readonly #waiting: Record<Port, Guest[]> = { first: [], second: [] };
  readonly #onArrival = new Set<() => void>();
  readonly #all: Guest[] = [];
  #ports: Listening[] = [];
  #refusal: Extract<PeerStep, { do: 'refuse' }> | undefined;
  #accepted = 0;

  constructor(setting: PeerSetting) {
    this.#setting = setting;
    this.seen = new ClientSeen(this.#conversations, () => this.#accepted);
  }

  /** Listens on both ports; resolves with them. */
  async open(
    first: Address,
    second: Address,
    tls: ListenTls | undefined,
  ): Promise<readonly [number, number]> {
    this.#ports = [await listen(first, (socket) => this.#arrive('first', socket), tls)];
    try {
      this.#ports.push(await listen(second, (socket) => this.#arrive('second', socket), tls));
    } catch (error) {
      await this.close();
      throw error;
    }
    return [this.#ports[0]!.port, this.#ports[1]!.port];
  }

  async close(): Promise<void> {
    for (const { conversation } of this.#all) conversation.close();
    await Promise.all(this.#ports.map((port) => port.close()));
  }

  /** What passed, passcodes masked. */
  transcript(): readonly CaseTranscript[] {
    return this.seen.names.map((as) => ({
      connection: as,
      passed: withoutPasscodes(this.#conversations.get(as)?.passed ?? []),
    }));
  }

  /** Resolves with what went wrong, or undefined. */
  async play(steps: ClientCase['steps']): Promise<string | undefined> {
    for (const step of steps) {
      if (this.#setting.ending.isSaid) return 'aborted';
      if (step.do === 'accept') {
        const came = await this.#accept(step.as, step.on ?? 'first', step.again ?? false);
        if (!came && step.again === undefined) return 'the client did not connect';
        if (!came) return undefined;
      } else await this.#step(step);
    }
    return undefined;
  }

  async #step(step: Exclude<PeerStep, { do: 'accept' }>): Promise<void> {
    const { clock, quietMs, patienceMs } = this.#setting;
    if (step.do === 'pause') {
      await new Promise<void>((done) => clock.schedule(quietMs * (step.times ?? 1), done));
      return;
    }
    if (step.do === 'die') {
      await this.#ports[0]?.close();
      return;
    }
    if (step.do === 'refuse') {
      this.#refusal = step;
      return;
    }
    const guest = this.#guests.get(step.as);
    if (guest === undefined) return;
    const { conversation } = guest;
    switch (step.do) {
      case 'await':
        await this.#until(guest, () => this.seen.all(step.command, step.as).length >= (step.count ?? 1));
        return;
      case 'told':
        await this.#until(guest, () => this.#hasSaid(step.as, step.body));
        return;
      case 'write':
        await this.#write(guest, step.bytes, step.pieces);
        return;
      case 'receipts':
        guest.receipts = step.mode;
        return;
      case 'release':
        for (const at of step.order) await this.#confirm(conversation, guest.held[at]);
        return;
      case 'ended':
        await conversation.ended(patienceMs);
        return;
      default:
        conversation[step.do]();
    }
  }

  #hasSaid(as: string, body: string): boolean {
    return this.seen.bodies(as).includes(body) || this.seen.said(as).includes(body);
  }

  #until({ conversation }: Guest, done: () => boolean): Promise<boolean> {
    return conversation.until(done, this.#setting.timeoutMs);
  }

  #arrive(on: Port, socket: Socket): void {
    if (++this.#accepted > MOST_ACCEPTED) {
      socket.destroy();
      return;
    }
    const conversation = new Conversation(socket, this.#setting.clock, (frame) => {
      if (on === 'first' && frame.command === 'CONNECT') this.#refuse(guest);
      this.#answer(guest, frame);
    });
    const guest: Guest = { conversation, receipts: 'at-once', held: [] };
    this.#all.push(guest);
    this.#waiting[on].push(guest);
    for (const tell of [...this.#onArrival]) tell();
  }

  async #accept(as: string, on: Port, again: boolean): Promise<boolean> {
    const { clock, connectMs, patienceMs } = this.#setting;
    const queue = this.#waiting[on];
    if (queue.length === 0) {
      await new Promise<void>((resolve) => {
        const finish = (): void => {
          disarm();
          this.#onArrival.delete(look);
          resolve();
        };
        const look = (): void => {
          if (queue.length > 0) finish();
        };
        const disarm = clock.schedule(again ? patienceMs : connectMs, finish);
        this.#onArrival.add(look);
      });
    }
    const guest = queue.shift();
    if (guest === undefined) return false;
    this.#guests.set(as, guest);
    this.#conversations.set(as, guest.conversation);
    return true;
  }

  #refuse({ conversation }: Guest): void {
    if (this.#refusal === undefined) return;
    const { bytes, then } = this.#refusal;
    void conversation.write(Buffer.from(bytes, 'latin1'));
    if (then !== 'keep') conversation[then]();
  }

  #answer({ receipts, held, conversation }: Guest, frame: WireFrame): void {
    const id = headerOf(frame, 'receipt');
    if (id === undefined || frame.command === 'CONNECT') return;
    if (receipts === 'held' && frame.command === 'SEND') held.push(id);
    else void this.#confirm(conversation, id);
  }

  async #confirm(conversation: Conversation, id: string | undefined): Promise<void> {
    if (id === undefined) return;
    await conversation.write(Buffer.from(`RECEIPT\nreceipt-id:${id}\n\n\0`, 'latin1'));
  }

  async #write({ conversation }: Guest, text: string, pieces: readonly number[] = []): Promise<void> {
    const subscribe = conversation.frames.findLast((frame) => frame.command === 'SUBSCRIBE');
    const id = headerOf(subscribe, 'id');
    const filled = text
      .replaceAll('{destination}', headerOf(subscribe, 'destination') ?? '/queue/in')
      .replaceAll('{subscription}', id === undefined ? '' : `subscription:${id}\n`);
    const bytes = Buffer.from(filled, 'latin1');
    let from = 0;
    for (const at of [...pieces, bytes.length]) {
      const to = Math.min(at, bytes.length);
      if (from > 0) await new Promise<void>((done) => this.#setting.clock.schedule(2, done));
      await conversation.write(bytes.subarray(from, to));
      from = to;
    }
  }
}
