import { TransportError } from '../../src/errors.js';
import type { Endpoint } from '../../src/transport/endpoint.js';
import type { Transport, TransportEvents } from '../../src/transport/transport.js';
import type { SimClock } from './sim-clock.js';
import { Lane, type LaneTraits } from './sim-lane.js';
import type { Random } from './sim-random.js';

/** The broker's end of a pipe. */
export interface FarEnd {
  receive(chunk: Buffer): void;
  drained(): void;
  end(): void;
  closed(): void;
}

/** What the broker's end may do. */
export interface FarSink {
  write(bytes: Buffer): boolean;
  close(): void;
  cut(): void;
}

/** How a pipe ends that its owner did not end: a reset, the end of the stream, or silence for ever. */
export type Trouble = 'reset' | 'fin' | 'hole';

export interface PipeTraits {
  readonly up: LaneTraits;
  readonly down: LaneTraits;
  /** `refuse` fails after `openMs`, `hole` never answers. */
  readonly door: 'open' | 'refuse' | 'hole';
  readonly openMs: number;
  /** What happens where a lane is cut. */
  readonly cutBy: Trouble;
  /** Asks where to read to, as TCP does and TLS does not. */
  readonly asksForBuffer: boolean;
  /** Writes that were not taken are told of when the pipe is dropped, as Node does. */
  readonly tellsUntaken: boolean;
  /** What the client had written is lost with it when it drops the pipe. */
  readonly dropsUnsent: boolean;
}

/** Who watches from outside. All of it in the very turn in which it happens. */
export interface PipeWatch {
  onWrite(bytes: Buffer): void;
  /** So many of the bytes written have been taken. */
  onTaken(bytes: number): void;
  /** Before the client hears of it. */
  onRead(bytes: Buffer): void;
  /** The client is about to hear that the pipe has ended. */
  onEnd(): void;
  /** The client has dropped the pipe. */
  onDrop(): void;
  onFault(what: string): void;
  note(what: string): void;
}

const FULL_BYTES = 65_536;

/** Where all pipes read to, as sockets share a buffer: what is in it is gone after the call. */
const shared = Buffer.alloc(65_536);

/** A byte pipe without a socket, on a network where all may go wrong. */
export class SimPipe implements Transport {
  readonly #clock: SimClock;
  readonly #random: Random;
  readonly #endpoint: Endpoint;
  readonly #events: TransportEvents;
  readonly #traits: PipeTraits;
  readonly #watch: PipeWatch;
  readonly #up: Lane;
  readonly #down: Lane;
  #far: FarEnd | undefined;
  #farGone = false;
  #farFull = false;
  /** The client has dropped it, or was told that it is gone. */
  #dropped = false;
  #told = false;
  #halfEnded = false;
  #broken = false;
  #untaken: Array<() => void> = [];

  constructor(
    clock: SimClock,
    random: Random,
    endpoint: Endpoint,
    events: TransportEvents,
    traits: PipeTraits,
    watch: PipeWatch,
    accept: (sink: FarSink) => FarEnd,
  ) {
    this.#clock = clock;
    this.#random = random;
    this.#endpoint = endpoint;
    this.#events = events;
    this.#traits = traits;
    this.#watch = watch;
    const onCut = (): void => this.break(traits.cutBy);
    this.#up = new Lane(clock, random, traits.up, {
      onBytes: (bytes) => this.#toFar(bytes),
      onEnd: (how) => this.#endOfUp(how),
      onCut,
    });
    this.#down = new Lane(clock, random, traits.down, {
      onBytes: (bytes) => this.#toClient(bytes),
      onEnd: () => this.#endOfDown(),
      onCut,
    });
    if (traits.door !== 'hole') clock.schedule(traits.openMs, () => this.#open(accept));
  }

  /** Both ends know that it is over. */
  get over(): boolean {
    return this.#told && (this.#far === undefined || this.#farGone);
  }

  get dropped(): boolean {
    return this.#dropped;
  }

  get open(): boolean {
    return this.#far !== undefined && !this.#broken && !this.#dropped && !this.#farGone;
  }

  write(bytes: Buffer, written?: () => void): boolean {
    if (this.#dropped || this.#told) return false;
    if (this.#halfEnded) this.#watch.onFault('written after end()');
    if (this.#far === undefined) this.#watch.onFault('written before onOpen');
    this.#watch.onWrite(bytes);
    const copy = Buffer.from(bytes);
    this.#up.push(copy);
    const taken = (): void => {
      if (!copy.equals(bytes)) this.#watch.onFault('bytes were changed before they were taken');
      if (!this.#dropped) this.#watch.onTaken(bytes.length);
      written?.();
    };
    if (this.#up.stalled || this.#untaken.length > 0) {
      this.#untaken.push(taken);
      return false;
    }
    process.nextTick(taken);
    return true;
  }

  pause(): void {
    this.#down.blocked = true;
  }

  resume(): void {
    this.#down.blocked = false;
    this.#down.pump();
  }

  end(): void {
    if (this.#dropped || this.#halfEnded) return;
    this.#halfEnded = true;
    this.#up.push('end');
  }

  destroy(): void {
    if (this.#dropped) return;
    this.#dropped = true;
    this.#watch.onDrop();
    this.#down.kill();
    if (this.#traits.dropsUnsent) this.#up.kill();
    if (!this.#up.dead) this.#up.push('gone');
    else if (!this.#broken) this.#closeFar();
    process.nextTick(() => {
      if (this.#traits.tellsUntaken) for (const taken of this.#untaken) taken();
      this.#untaken = [];
      this.#tell(undefined);
    });
  }

  ref(): void {}

  unref(): void {}

  /** Neither direction moves, and what the client writes is not taken. */
  stall(): void {
    this.#up.stall();
    this.#down.stall();
  }

  unstall(): void {
    this.#up.go();
    this.#down.go();
    for (const taken of this.#untaken.splice(0)) taken();
  }

  /** What no end of it has ordered. */
  break(how: Trouble): void {
    if (this.#broken || this.#far === undefined) return;
    this.#broken = true;
    this.#watch.note(how);
    this.#up.kill();
    if (how === 'fin') {
      this.#closeFar();
      this.#down.push('end');
      return;
    }
    this.#down.kill();
    if (how === 'hole') return;
    this.#resetLater();
    if (this.#random.chance(0.7)) this.#closeFar();
    else this.#clock.schedule(this.#random.between(1, 3_000), () => this.#closeFar());
  }

  /** Something between says what is no answer. */
  babble(bytes: Buffer): void {
    this.#watch.note('babble');
    this.#down.push(bytes);
  }

  /** The network is well again: whoever waits in vain is told, and what stood still moves. */
  heal(): void {
    this.#up.mend();
    this.#down.mend();
    this.unstall();
    if (this.#traits.door === 'hole' && this.#far === undefined) this.#resetLater();
    if (!this.#broken) return;
    this.#closeFar();
    this.#resetLater();
  }

  #open(accept: (sink: FarSink) => FarEnd): void {
    if (this.#dropped) return;
    if (this.#traits.door === 'refuse') {
      this.#tell(new TransportError('STOMP_CONNECT_FAILED', this.#endpoint.name, 'connect ECONNREFUSED'));
      return;
    }
    this.#far = accept({
      write: (bytes) => this.#fromFar(bytes),
      close: () => this.#down.push('end'),
      cut: () => this.#cutByFar(),
    });
    this.#events.onOpen();
  }

  #toFar(bytes: Buffer): undefined {
    if (!this.#farGone) this.#far!.receive(bytes);
  }

  #endOfUp(how: 'end' | 'gone'): void {
    if (how === 'gone') this.#closeFar();
    else if (!this.#farGone) this.#far!.end();
  }

  #endOfDown(): void {
    if (this.#dropped) return;
    this.#watch.onEnd();
    this.#events.onEnd();
  }

  #fromFar(bytes: Buffer): boolean {
    this.#down.push(bytes);
    this.#farFull = this.#down.backlog > FULL_BYTES;
    return !this.#farFull;
  }

  /** The broker dropped the pipe, or crashed: mostly its kernel says so. */
  #cutByFar(): void {
    this.#farGone = true;
    if (this.#broken) return;
    this.#broken = true;
    this.#up.kill();
    const how = this.#random.pick(['reset', 'reset', 'fin', 'hole'] as const);
    this.#watch.note(`cut by the broker: ${how}`);
    if (how === 'fin') this.#down.push('end');
    else this.#down.kill();
    if (how === 'reset') this.#resetLater();
  }

  #toClient(bytes: Buffer): Buffer | undefined {
    let rest = bytes;
    while (rest.length > 0) {
      if (this.#dropped || this.#told) return undefined;
      if (this.#down.blocked) return rest;
      const target = this.#target();
      const size = Math.min(rest.length, target.length);
      rest.copy(target, 0, 0, size);
      this.#watch.onRead(rest.subarray(0, size));
      this.#events.onData(target.subarray(0, size));
      if (target.buffer === shared.buffer) shared.fill('X', 0, size);
      rest = rest.subarray(size);
    }
    if (this.#farFull && this.#down.backlog - bytes.length < FULL_BYTES / 2) {
      this.#farFull = false;
      if (!this.#farGone) this.#clock.schedule(0, () => this.#farGone || this.#far!.drained());
    }
    return undefined;
  }

  #target(): Buffer {
    return (this.#traits.asksForBuffer && this.#events.readBuffer?.(shared)) || shared;
  }

  #resetLater(): void {
    this.#clock.schedule(this.#traits.down.latencyMs, () =>
      this.#tell(new Error(this.#far === undefined ? 'connect ETIMEDOUT' : 'read ECONNRESET')),
    );
  }

  #tell(error: Error | undefined): void {
    if (this.#told) return;
    this.#told = true;
    if (!this.#dropped) this.#watch.onEnd();
    this.#events.onClose(error);
  }

  #closeFar(): void {
    if (this.#farGone || this.#far === undefined) return;
    this.#farGone = true;
    this.#far.closed();
  }
}
