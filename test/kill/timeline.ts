import { setTimeout as sleep } from 'node:timers/promises';
import type { Observer } from '../../src/index.js';
import { RawStomp } from '../brokers/rig/index.js';
import type { Queue } from './stages.js';
import { WATCHER_BODY } from './tally.js';

/** Milliseconds since 1970, with a fraction: it can be compared with what another process notes. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

/** What this process has used of its processors so far, in milliseconds. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** One loss of a connection, as points in time. */
export interface Loss {
  /** The signal, or the cut. Undefined where nothing was done: a broker ended the connection by itself. */
  hitAt?: number;
  seenAt: number;
  readonly cpuAtSeen: number;
  /**
   * Another broker, or the same one again, has answered CONNECTED to somebody else; where a broker ended the connection
   * by itself, it has confirmed a message to the queue.
   */
  upAt?: number;
  /** The first bytes written on the next connection, besides its CONNECT. */
  firstFrameAt?: number;
  cpuAtFirstFrame?: number;
  firstReceiptAt?: number;
}

/** Notes when connections were lost and made. */
export class Timeline {
  readonly losses: Loss[] = [];
  readonly errors: string[] = [];
  #hitAt: number | undefined;
  #upAt: number | undefined;
  /** Where the losses since the last blow begin. */
  #since = 0;
  /** The last blow has had its loss; what ends after that, a broker ended by itself. */
  #hitIsSpent = true;

  /** Something was done to a connection. `upAt`: brokers that answer were there all the time. */
  hit(brokersStay: boolean): void {
    this.#hitAt = now();
    this.#upAt = brokersStay ? this.#hitAt : undefined;
    this.#hitIsSpent = false;
    this.#since = this.losses.length;
  }

  /** A broker answers. */
  up(): void {
    this.#upAt = now();
    for (const loss of this.losses) if (loss.hitAt === this.#hitAt) loss.upAt = this.#upAt;
  }

  /** A broker takes messages for the queue again: what it ended until now was for that. */
  serves(): void {
    for (const loss of this.losses.slice(this.#since)) loss.upAt ??= now();
  }

  receipt(): void {
    const last = this.losses.at(-1);
    if (last?.firstFrameAt !== undefined) last.firstReceiptAt ??= now();
  }

  lost(): void {
    const loss: Loss = { seenAt: now(), cpuAtSeen: cpuMs() };
    if (this.#hitAt !== undefined && !this.#hitIsSpent) {
      this.#hitIsSpent = true;
      loss.hitAt = this.#hitAt;
      if (this.#upAt !== undefined) loss.upAt = this.#upAt;
    }
    this.losses.push(loss);
  }

  observer(): Observer {
    return {
      onDisconnect: ({ error }) => {
        if (error === undefined) return;
        this.errors.push(error.code);
        this.lost();
      },
      onBytesOut: ({ bytes }) => {
        const last = this.losses.at(-1);
        if (last === undefined || last.firstFrameAt !== undefined || isConnect(bytes)) return;
        last.firstFrameAt = now();
        last.cpuAtFirstFrame = cpuMs();
      },
      onServerError: ({ error }) => {
        if (this.errors.length < 20) this.errors.push(error.message.slice(0, 200));
      },
      onWarning: ({ message }) => {
        if (this.errors.length < 20) this.errors.push(message.slice(0, 200));
      },
    };
  }
}

function isConnect(bytes: Buffer): boolean {
  return bytes.subarray(0, 8).toString('latin1') === 'CONNECT\n';
}

/** The parts of a loss, in milliseconds; undefined where a point is missing. */
export interface Parts {
  /** From the signal to the end of the socket. */
  readonly seenMs: number | undefined;
  /** From there until a broker was up. */
  readonly brokerMs: number | undefined;
  /** From there to our first frame. */
  readonly ownMs: number | undefined;
  /** What this process used of its processors since it saw the loss: our share without the time others had them. */
  readonly ownCpuMs: number | undefined;
  /** From our first frame to the first RECEIPT of a SEND. */
  readonly receiptMs: number | undefined;
}

export function partsOf(loss: Loss): Parts {
  const { hitAt, seenAt, upAt, firstFrameAt, firstReceiptAt } = loss;
  // Where our frame came first, a broker was not up for it, or the watcher was told a moment after us.
  const readyAt = Math.min(Math.max(seenAt, upAt ?? seenAt), firstFrameAt ?? Number.POSITIVE_INFINITY);
  return {
    seenMs: between(hitAt, seenAt),
    brokerMs: upAt === undefined ? undefined : readyAt - seenAt,
    ownMs: between(readyAt, firstFrameAt),
    ownCpuMs: between(loss.cpuAtSeen, loss.cpuAtFirstFrame),
    receiptMs: between(firstFrameAt, firstReceiptAt),
  };
}

function between(from: number | undefined, to: number | undefined): number | undefined {
  return from === undefined || to === undefined ? undefined : to - from;
}

export interface Place {
  readonly port: number;
  readonly login: string;
  readonly passcode: string;
}

/** Asks some brokers again and again: when the first answers, and when the first confirms a message. Gives what ends it. */
export function watch(places: readonly Place[], queue: Queue, timeline: Timeline): () => void {
  let over = false;
  let isUp = false;
  const onConnected = (): void => {
    if (!over && !isUp) timeline.up();
    isUp = true;
  };
  const follow = async (place: Place): Promise<void> => {
    while (!over) {
      try {
        await ask(place, queue, onConnected);
        if (over) return;
        over = true;
        timeline.serves();
        return;
      } catch {
        await sleep(4);
      }
    }
  };
  for (const place of places) void follow(place);
  return () => {
    over = true;
  };
}

/** Resolves when the broker has confirmed a message to the queue: while that has no leader, RabbitMQ may end connections. */
async function ask(place: Place, { destination, headers }: Queue, onConnected: () => void): Promise<void> {
  const client = await RawStomp.connect({ ...place, timeoutMs: 500 });
  onConnected();
  try {
    client.send('SEND', { destination, receipt: 'up', ...headers }, WATCHER_BODY);
    await client.receiveCommand('RECEIPT', 500);
  } finally {
    client.close();
  }
}
