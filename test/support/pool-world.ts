import { afterEach, beforeEach, expect } from 'vitest';
import { TransportError } from '../../src/errors.js';
import { type Frame, FrameParser } from '../../src/frame/index.js';
import { type ConnectOptions, connect, type Pool, type PoolOptions } from '../../src/pool/index.js';
import type { Dial } from '../../src/transport/transport.js';
import { CONNECTED, ScriptedTransport } from './scripted-transport.js';
import { turn, VirtualClock } from './virtual-clock.js';

/**
 * What becomes of a dial: `refuse` is a closed port, `black-hole` never opens, `silent` opens and never answers,
 * `error` answers CONNECT with ERROR and the end, `eof` with the end, `wrong-frame` with a RECEIPT, and `good` is a
 * broker. `cutAfterMs` is a broker that ends the connection so long after CONNECTED.
 */
export type Behaviour =
  | 'good'
  | 'refuse'
  | 'black-hole'
  | 'silent'
  | 'error'
  | 'eof'
  | 'wrong-frame'
  | { readonly cutAfterMs: number };

export const ERROR_ON_CONNECT = 'ERROR\nmessage:Access refused\n\nbad credentials\0\n';

/** The broker's side of one dial. What the client says is parsed; receipts are answered unless it is told not to. */
export class Peer {
  readonly host: string;
  readonly transport: ScriptedTransport;
  readonly frames: Frame[] = [];
  /** False keeps back every RECEIPT; a function, those of the frames it says no to. */
  answers: boolean | ((frame: Frame) => boolean) = true;
  /** Sees each frame before it is answered; true: it has been dealt with. */
  react: ((frame: Frame) => boolean) | undefined;
  /** Destinations whose SUBSCRIBE is refused: by an ERROR with its receipt-id, or by one without and the end. */
  refusals = new Map<string, 'named' | 'end'>();
  readonly #parser = new FrameParser((frame) => this.#onFrame(frame));
  readonly #behaviour: Behaviour;
  readonly #clock: VirtualClock;

  constructor(host: string, transport: ScriptedTransport, behaviour: Behaviour, clock: VirtualClock) {
    this.host = host;
    this.transport = transport;
    this.#behaviour = behaviour;
    this.#clock = clock;
    transport.onWrite = (bytes) => this.#parser.push(Buffer.from(bytes));
  }

  /** What was said after CONNECT, a line each: `SEND /queue/a hello`, `SUBSCRIBE /queue/a s1`, `ACK m1`. */
  get said(): string[] {
    return this.frames.filter(({ command }) => command !== 'CONNECT').map(brief);
  }

  open(): void {
    const { transport } = this;
    if (this.#behaviour === 'refuse') {
      transport.fail(new TransportError('STOMP_CONNECT_FAILED', transport.endpoint.name, 'ECONNREFUSED'));
    } else if (this.#behaviour !== 'black-hole') transport.open();
  }

  message(subscription: string, id: string, body: string, destination = '/queue/a'): void {
    const headers = `subscription:${subscription}\nmessage-id:${id}\ndestination:${destination}`;
    this.transport.push(`MESSAGE\n${headers}\n\n${body}\0\n`);
  }

  /** The broker goes away. */
  cut(): void {
    this.transport.finish();
  }

  /** A RECEIPT for this frame, or for the last one that asked for one. */
  receipt(of?: Frame): void {
    const asking = of ?? this.frames.findLast(({ headers }) => headers.has('receipt'));
    this.transport.push(`RECEIPT\nreceipt-id:${asking?.headers.get('receipt')}\n\n\0\n`);
  }

  /** The bodies of the SENDs it was given. */
  get bodies(): string[] {
    return this.frames.filter(({ command }) => command === 'SEND').map(({ body }) => body.toString());
  }

  #onFrame(frame: Frame): void {
    this.frames.push(frame);
    // A broker answers in a later turn.
    setImmediate(() => !this.transport.destroyed && this.#answer(frame));
  }

  #answer(frame: Frame): void {
    const { transport } = this;
    if (this.react?.(frame)) return;
    const answers = typeof this.answers === 'function' ? this.answers(frame) : this.answers;
    const destination = frame.headers.get('destination') ?? '';
    const receipt = frame.headers.get('receipt');
    const refusal = frame.command === 'SUBSCRIBE' ? this.refusals.get(destination) : undefined;
    if (frame.command === 'CONNECT') this.#greet();
    else if (refusal === 'named') {
      transport.push(`ERROR\nmessage:no such queue\nreceipt-id:${receipt}\n\n\0\n`);
    } else if (refusal === 'end') {
      transport.push('ERROR\nmessage:no such queue\n\n\0\n');
      transport.finish();
    } else if (receipt !== undefined && answers) {
      transport.push(`RECEIPT\nreceipt-id:${receipt}\n\n\0\n`);
      if (frame.command === 'DISCONNECT') transport.finish();
    }
  }

  #greet(): void {
    const { transport } = this;
    const behaviour = this.#behaviour;
    if (behaviour === 'silent') return;
    if (behaviour === 'error') transport.push(ERROR_ON_CONNECT);
    if (behaviour === 'wrong-frame') transport.push('RECEIPT\nreceipt-id:1\n\n\0\n');
    if (behaviour === 'error' || behaviour === 'eof') transport.finish();
    if (behaviour !== 'good' && typeof behaviour !== 'object') return;
    transport.push(CONNECTED);
    if (typeof behaviour === 'object') this.#clock.schedule(behaviour.cutAfterMs, () => transport.finish());
  }
}

function brief(frame: Frame): string {
  const parts = ['destination', 'transaction', 'id', 'message-id'].map((name) => frame.headers.get(name));
  return [frame.command, ...parts, frame.body.toString()].filter(Boolean).join(' ');
}

/** Named hosts in virtual time. A list of behaviours is for one dial after the other; its last one stays. */
export class PoolWorld {
  readonly clock = new VirtualClock();
  /** Every dial: the host, and when. */
  readonly dials: Array<[host: string, at: number]> = [];
  readonly peers: Peer[] = [];
  /** Called with each new peer before it hears anything. */
  onPeer: ((peer: Peer) => void) | undefined;
  /** False: a new dial stays unopened until the test opens it. */
  opens = true;
  readonly #hosts = new Map<string, Behaviour[]>();

  constructor(hosts: Readonly<Record<string, Behaviour | Behaviour[]>>) {
    for (const [host, behaviour] of Object.entries(hosts)) this.set(host, behaviour);
  }

  /** From the next dial on. */
  set(host: string, behaviour: Behaviour | Behaviour[]): void {
    this.#hosts.set(host, Array.isArray(behaviour) ? [...behaviour] : [behaviour]);
  }

  readonly dial: Dial = (endpoint, events) => {
    const { host } = endpoint;
    const transport = new ScriptedTransport(endpoint, events);
    const behaviours = this.#hosts.get(host)!;
    const behaviour = behaviours.length > 1 ? behaviours.shift()! : behaviours[0]!;
    const peer = new Peer(host, transport, behaviour, this.clock);
    this.dials.push([host, this.clock.now()]);
    this.peers.push(peer);
    this.onPeer?.(peer);
    setImmediate(() => this.opens && !transport.destroyed && peer.open());
    return transport;
  };

  /** All the hosts, in the order they were named, without jitter. */
  options(options: PoolOptions = {}): ConnectOptions {
    const hosts = [...this.#hosts.keys()].map((host) => ({ host }));
    return { hosts, clock: this.clock, dial: this.dial, jitter: 0, ...options };
  }

  /** Its rejection is the test's to look at, whenever it likes. */
  connect(options: PoolOptions = {}): Promise<Pool> {
    const connecting = connect(this.options(options));
    connecting.catch(() => {});
    return connecting;
  }

  /** A pool that is connected. */
  async up(options: PoolOptions = {}): Promise<Pool> {
    const connecting = this.connect(options);
    await this.settle();
    return connecting;
  }

  /** Moves the time on. Before it moves, all happens that needs no time. */
  async advance(ms: number): Promise<void> {
    const end = this.clock.now() + ms;
    await this.settle();
    for (let next = this.clock.pending[0]; next && next.dueAt <= end; next = this.clock.pending[0]) {
      await this.clock.advance(next.dueAt - this.clock.now());
      await this.settle();
    }
    await this.clock.advance(end - this.clock.now());
  }

  /** Lets all happen that needs no time. */
  async settle(): Promise<void> {
    for (let turns = 0; turns < 8; turns++) await turn();
  }

  /** The broker's side of the last dial. */
  get peer(): Peer {
    return this.peers.at(-1)!;
  }

  get hosts(): string {
    return this.dials.map(([host]) => host).join(' ');
  }

  /** Milliseconds between one dial and the next. */
  get gaps(): number[] {
    return this.dials.slice(1).map(([, at], i) => at - this.dials[i]![1]);
  }

  /** Nothing goes on any more: no timer, no pipe, and none will come. */
  async expectNothingLeft(): Promise<void> {
    await this.settle();
    const dials = this.dials.length;
    expect(this.clock.pending).toEqual([]);
    expect(this.peers.filter(({ transport }) => !transport.destroyed)).toEqual([]);
    await this.advance(10 * 60_000);
    expect(this.dials.length).toBe(dials);
  }
}

/** Fails each test of a file in which a promise is rejected and nobody takes it, or something throws outside. */
export function refuseStrayErrors(): void {
  let stray: unknown[] = [];
  const note = (error: unknown): void => void stray.push(error);
  beforeEach(() => {
    stray = [];
    process.on('unhandledRejection', note);
    process.on('uncaughtException', note);
  });
  afterEach(async () => {
    await turn();
    process.off('unhandledRejection', note);
    process.off('uncaughtException', note);
    expect(stray).toEqual([]);
  });
}

/** How a promise stands, without waiting for it. */
export async function outcomeOf(promise: Promise<unknown>): Promise<string> {
  const pending = Symbol('pending');
  try {
    const result = await Promise.race([promise, turn().then(() => pending)]);
    return result === pending ? 'pending' : 'resolved';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

/** The error a promise is rejected with. */
export async function rejection<E>(promise: Promise<unknown>): Promise<E> {
  const settled = await Promise.race([
    promise.then(
      () => 'it was resolved',
      (error: E) => ({ error }),
    ),
    turn().then(() => 'it is pending'),
  ]);
  if (typeof settled === 'string') throw new Error(`a rejection was expected, but ${settled}`);
  return settled.error;
}
