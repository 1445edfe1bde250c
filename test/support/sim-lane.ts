import type { SimClock } from './sim-clock.js';
import type { Random } from './sim-random.js';

/** How a stream of bytes is cut into pieces: not at all, anywhere, or into very small ones. */
export type Chunking = 'whole' | 'any' | 'dribble';

export interface LaneTraits {
  readonly latencyMs: number;
  /** Up to so much later, each piece anew; the order stays. */
  readonly jitterMs: number;
  readonly chunking: Chunking;
  /** Exactly so many bytes arrive. */
  readonly cutAfter: number | undefined;
}

export interface LaneEnd {
  /** A piece arrives. Gives what it could not take yet. */
  onBytes(bytes: Buffer): Buffer | undefined;
  /** The sender has ended its half (`end`) or is gone for good (`gone`). */
  onEnd(how: 'end' | 'gone'): void;
  /** The last byte of `cutAfter` has arrived. */
  onCut(): void;
}

type Item = { readonly at: number; readonly what: Buffer | 'end' | 'gone' };

/** One direction of a pipe: bytes arrive late, in pieces, in order; each piece is an event of its own. */
export class Lane {
  readonly #clock: SimClock;
  readonly #random: Random;
  readonly #traits: LaneTraits;
  readonly #end: LaneEnd;
  #queue: Item[] = [];
  #lastAt = 0;
  #arrived = 0;
  #armed = false;
  #dead = false;
  #stalled = false;
  #cutAfter: number | undefined;
  /** Bytes under way. */
  backlog = 0;
  /** The receiver does not read. */
  blocked = false;

  constructor(clock: SimClock, random: Random, traits: LaneTraits, end: LaneEnd) {
    this.#clock = clock;
    this.#random = random;
    this.#traits = traits;
    this.#cutAfter = traits.cutAfter;
    this.#end = end;
  }

  get stalled(): boolean {
    return this.#stalled;
  }

  get dead(): boolean {
    return this.#dead;
  }

  push(what: Buffer | 'end' | 'gone'): void {
    if (this.#dead) return;
    if (typeof what === 'string') this.#add(what);
    else {
      this.backlog += what.length;
      for (const piece of this.#pieces(what)) this.#add(piece);
    }
    this.pump();
  }

  /** Nothing arrives before `go`. */
  stall(): void {
    this.#stalled = true;
  }

  go(): void {
    this.#stalled = false;
    this.pump();
  }

  /** It will not be cut. */
  mend(): void {
    this.#cutAfter = undefined;
  }

  /** What is under way is lost, and nothing more gets through. */
  kill(): void {
    this.#dead = true;
    this.#queue = [];
    this.backlog = 0;
  }

  /** Sees to it that what can arrive does. */
  pump(): void {
    const next = this.#queue[0];
    if (this.#armed || next === undefined || this.#stalled || this.blocked) return;
    this.#armed = true;
    this.#clock.schedule(Math.max(0, next.at - this.#clock.now()), () => {
      this.#armed = false;
      if (!this.#stalled && !this.blocked) this.#arrive();
      this.pump();
    });
  }

  #arrive(): void {
    const item = this.#queue.shift();
    if (item === undefined) return;
    if (typeof item.what === 'string') {
      this.#end.onEnd(item.what);
      return;
    }
    const left = (this.#cutAfter ?? Number.POSITIVE_INFINITY) - this.#arrived;
    const bytes = item.what.subarray(0, left);
    const rest = bytes.length === 0 ? undefined : this.#end.onBytes(bytes);
    const taken = bytes.length - (rest?.length ?? 0);
    this.#arrived += taken;
    if (this.#dead) return;
    this.backlog -= taken;
    if (rest !== undefined) this.#queue.unshift({ at: item.at, what: rest });
    else if (item.what.length >= left) this.#end.onCut();
  }

  #add(what: Item['what']): void {
    const { latencyMs, jitterMs } = this.#traits;
    const at = this.#clock.now() + latencyMs + jitterMs * this.#random.next();
    this.#lastAt = Math.max(this.#lastAt, at);
    this.#queue.push({ at: this.#lastAt, what });
  }

  *#pieces(bytes: Buffer): Generator<Buffer> {
    const { chunking } = this.#traits;
    const most =
      chunking === 'whole'
        ? 65_536
        : chunking === 'any'
          ? Math.max(16, bytes.length)
          : Math.max(5, bytes.length >> 4);
    for (let from = 0; from < bytes.length; ) {
      const size = chunking === 'whole' ? most : this.#random.between(1, Math.min(most, 65_536));
      yield bytes.subarray(from, from + size);
      from += size;
    }
  }
}
