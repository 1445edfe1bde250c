import { StompError } from '../../src/errors.js';
import { FrameParser, REQUIRED_HEADERS } from '../../src/frame/index.js';
import type { Observer } from '../../src/frame/observer.js';
import {
  Connection,
  Endpoint,
  type Message,
  type Subscription,
  type Transaction,
} from '../../src/transport/index.js';
import type { ConnectionOptions } from '../../src/transport/options.js';
import { turn, VirtualClock } from '../support/virtual-clock.js';
import { fill, SERVER_FRAMES, type Wire } from './corpus.js';
import { mutate } from './mutate.js';
import { Pipe } from './pipe.js';
import { Random } from './random.js';
import { Broken, promised } from './target.js';

const ENDPOINT = new Endpoint({ host: 'broker.example', login: 'me', passcode: 'secret' });
const OBSERVED: ReadonlyArray<keyof Observer> = [
  'onConnecting',
  'onConnected',
  'onConnectFail',
  'onDisconnect',
  'onFrameIn',
  'onFrameOut',
  'onBytesIn',
  'onBytesOut',
  'onServerError',
  'onUnroutable',
  'onWarning',
];
const MAX_BUFFERED_BYTES = 131_072;
/** The largest frame of this world, and a chunk. */
const ROOM_BYTES = 262_144;
/** Longer than all receipts and the leave-taking may take. */
const MOST_MS = 200_000;

/** One connection, its peer, who sends mutated frames, and its user, who does this and that. */
export class ConnectionWorld {
  /** What happened, where that is wanted. */
  readonly log: string[] | undefined;
  readonly #clock = new VirtualClock();
  readonly #abort = new AbortController();
  readonly #rough: number;
  /** Much is sent, and little of it is taken. */
  readonly #heavy: boolean;
  #pipe!: Pipe;
  #connection: Connection | undefined;
  #opening: Promise<void>;
  /** Of the peer: what it has heard, and bytes it has begun a frame with. */
  readonly #receipts: string[] = [];
  #unsaid: Wire = '';
  /** Of the user. */
  readonly #subscriptions: Subscription[] = [];
  readonly #transactions: Transaction[] = [];
  readonly #iterators: AsyncIterator<Message, undefined>[] = [];
  #messages: Message[] = [];
  #finishHandlers: Array<() => void> = [];
  readonly #pending = new Map<Promise<unknown>, string>();
  #broken: unknown;
  #frames = 0;

  constructor(seed: number, log?: string[]) {
    this.log = log;
    const random = new Random(seed);
    this.#rough = random.pick([15, 80, 1_000]);
    this.#heavy = random.oneIn(6);
    const readBytes = random.pick([1, 30, 1_000, 65_536]);
    const asks = random.oneIn(2);
    const options: ConnectionOptions = {
      clock: this.#clock,
      signal: this.#abort.signal,
      observer: this.#observer(random),
      receiptTimeoutMs: random.pick([1, 50, 60_000]),
      maxBufferedBytes: MAX_BUFFERED_BYTES,
      maxSendBufferBytes: 65_536 * random.from(1, 8),
      strict: random.oneIn(4),
      unescapeHeaders: random.oneIn(3),
      limits: random.oneIn(5) ? { maxBodyBytes: random.small(5_000), maxHeaders: random.from(1, 30) } : {},
      dial: (_, events) => {
        this.#pipe = new Pipe(events, readBytes, asks);
        this.#listen(this.#pipe);
        return this.#pipe;
      },
    };
    this.#opening = Connection.open(ENDPOINT, options).then(
      (connection) => {
        this.#connection = connection;
        this.#track('closed', connection.closed);
      },
      (error) => this.#checkError('open', error),
    );
  }

  /** The dial, up to CONNECTED or a failure. */
  async begin(seed: number): Promise<void> {
    const random = new Random(seed);
    await turn();
    if (this.#heavy) this.#pipe.stall();
    this.#pipe.open();
    const connected = 'CONNECTED\nserver:ActiveMQ/5.17.2\nsession:s-1\n\n\0\n';
    const first = random.oneIn(20) ? this.#serverFrame(random) : connected;
    this.#say(random.oneIn(3) ? mutate(random, first, SERVER_FRAMES[0]!, this.#rough) : first);
    await turn();
    if (this.#connection === undefined) await this.#clock.advance(30_000);
    await this.#opening;
    if (this.#connection === undefined) this.#frames++;
    this.#check();
  }

  /** One thing that happens. */
  async step(seed: number): Promise<void> {
    const random = new Random(seed);
    if (random.oneIn(this.#heavy ? 5 : 2)) this.#peerActs(random);
    else this.#userActs(random);
    if (random.oneIn(3)) await turn();
    if (random.oneIn(12)) await this.#clock.advance(random.small(2_000));
    this.#check();
    const held = this.#connection?.stats().heldBytes ?? 0;
    promised(held <= MAX_BUFFERED_BYTES + ROOM_BYTES, () => `${held} bytes are held for consumers`);
  }

  /** The end, in one of the ways there are. Gives how many frames were read. */
  async end(seed: number): Promise<number> {
    const random = new Random(seed);
    const connection = this.#connection;
    const way = random.pick([
      'goodbye',
      'goodbye',
      'no answer',
      'destroy',
      'finish',
      'fail',
      'abort',
    ] as const);
    this.log?.push(`end: ${way}`);
    if (connection !== undefined) await this.#leave(way, connection);
    // The end of a stream is not seen by a client that does not read: then it is for the user to give up.
    if (connection?.state === 'connected') connection.destroy();
    if (connection?.state === 'disconnecting') await this.#clock.advance(MOST_MS);
    await turn();
    this.#check();
    // At once: nothing is left to time limits.
    promised(this.#pipe.destroyed, () => 'the pipe is still open');
    promised(this.#clock.pending.length === 0, () => `timers are left: ${this.#clock.pending.length}`);
    this.#checkSettled();
    if (connection !== undefined) await this.#checkEnd(connection);
    return this.#frames + (connection?.stats().framesIn ?? 0);
  }

  async #leave(way: string, connection: Connection): Promise<void> {
    if (way === 'goodbye') await this.#sayGoodbye(connection);
    else if (way === 'no answer') this.#track('disconnect', connection.disconnect());
    else if (way === 'destroy') connection.destroy();
    else if (way === 'abort') this.#abort.abort();
    else if (way === 'finish') this.#pipe.finish();
    else this.#pipe.fail(new Error('reset'));
    await turn();
  }

  /** As it should be: the peer takes all, answers all, and DISCONNECT last. */
  async #sayGoodbye(connection: Connection): Promise<void> {
    this.#pipe.unstall();
    this.#track('disconnect', connection.disconnect());
    for (let answered = 0; ; ) {
      await turn();
      const ids = this.#receipts.slice(answered);
      if (ids.length === 0) break;
      answered += ids.length;
      if (answered > 5_000) throw new Broken('it asks for receipts without end');
      this.#say(`${this.#unsaid}${ids.map((id) => `RECEIPT\nreceipt-id:${id}\n\n\0\n`).join('')}`);
      this.#unsaid = '';
    }
    this.#pipe.finish();
  }

  #checkSettled(): void {
    promised(this.#pending.size === 0, () => `not settled: ${[...this.#pending.values()].join(', ')}`);
  }

  async #checkEnd(connection: Connection): Promise<void> {
    promised(connection.state === 'closed', () => `it is ${connection.state} in the end`);
    const { heldBytes, pendingReceipts, unacknowledged } = connection.stats();
    promised(heldBytes === 0, () => `${heldBytes} bytes are held in the end`);
    promised(pendingReceipts === 0, () => `${pendingReceipts} receipts are waited for in the end`);
    promised(unacknowledged === 0, () => `${unacknowledged} messages are unacknowledged in the end`);
    this.#try('send', () => connection.send('/q', 'x'));
    this.#try('subscribe', () => connection.subscribe('/q'));
    this.#try('publish', () => this.#track('publish', connection.publish('/q', 'x')));
    this.#try('drain', () => this.#track('drain', connection.drain()));
    for (const message of this.#messages) promised(!message.ack(), () => 'an ACK was taken after the end');
    const error = await connection.closed;
    if (error !== undefined) this.#checkError('closed', error);
    await turn();
    this.#check();
    this.#checkSettled();
  }

  #observer(random: Random): Observer {
    const observer: Record<string, (event: unknown) => void> = { onHandlerError: () => {} };
    for (const name of OBSERVED) if (random.oneIn(4)) observer[name] = () => {};
    if (random.oneIn(10)) {
      observer[random.pick(OBSERVED)] = () => {
        throw new Error('an observer throws');
      };
    }
    if (random.oneIn(20)) observer[random.pick(OBSERVED)] = () => this.#connection?.destroy();
    return observer;
  }

  /** What the client writes must be whole frames with all they need, always. */
  #listen(pipe: Pipe): void {
    const parser = new FrameParser(
      ({ command, headers }) => {
        const required = REQUIRED_HEADERS[command as keyof typeof REQUIRED_HEADERS] ?? ['a known command'];
        for (const name of required) {
          if (!headers.has(name)) throw new Broken(`the client wrote ${command} without ${name}`);
        }
        const receipt = headers.get('receipt');
        if (receipt !== undefined) this.#receipts.push(receipt);
      },
      { limits: { maxHeaderLineBytes: 1_000_000 } },
    );
    pipe.onWrite = (bytes) => {
      try {
        parser.push(bytes);
      } catch (error) {
        this.#broken ??= new Broken(`the client wrote what is no frame: ${error}`);
      }
    };
  }

  #serverFrame(random: Random): Wire {
    const ids = this.#subscriptions.slice(-4).map(({ id }) => id);
    return fill(random, random.pick(SERVER_FRAMES), { s: ids, r: this.#receipts.slice(-6) });
  }

  #say(bytes: Wire): void {
    this.log?.push(`peer: ${JSON.stringify(bytes)}`);
    this.#pipe.say(Buffer.from(bytes, 'latin1'));
  }

  #peerActs(random: Random): void {
    const what = random.below(40);
    if (what === 0) this.#pipe.stall();
    else if (what <= 3) this.#heavy ? this.#pipe.stall() : this.#pipe.unstall();
    else if (what === 4 && random.oneIn(8)) this.#pipe.finish();
    else if (what === 5 && random.oneIn(8)) this.#pipe.fail(new Error('reset'));
    else this.#sendFrames(random);
  }

  #sendFrames(random: Random): void {
    let bytes = this.#unsaid;
    for (let count = random.from(1, 12); count > 0; count--) {
      bytes += mutate(random, this.#serverFrame(random), random.pick(SERVER_FRAMES), this.#rough);
    }
    const cut = random.oneIn(4) ? random.below(bytes.length) : bytes.length;
    this.#unsaid = bytes.slice(cut);
    const before = this.#connection?.state;
    this.#say(bytes.slice(0, cut));
    if (before !== 'closed' && this.#connection?.state === 'closed') this.#frames++;
  }

  #userActs(random: Random): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    const name = this.#heavy && random.oneIn(2) ? random.pick(SENDING) : random.pick(ACTIONS);
    this.log?.push(`user: ${name}`);
    this.#try(name, () => this.#act(name, random, connection));
  }

  #act(name: (typeof ACTIONS)[number], random: Random, connection: Connection): void {
    const destination = random.pick(['/queue/a', '/queue/b', '/topic/t']);
    const body = random.oneIn(this.#heavy ? 2 : 20) ? Buffer.alloc(random.below(90_000), 'y') : 'body';
    const message = this.#messages.length === 0 ? undefined : random.pick(this.#messages);
    const transaction = this.#transactions.at(-1 - random.small(2));
    switch (name) {
      case 'send':
        connection.send(destination, body);
        break;
      case 'publish':
        this.#track(
          name,
          connection.publish(destination, body, random.oneIn(8) ? { signal: this.#abort.signal } : {}),
        );
        break;
      case 'drain':
        this.#track(name, connection.drain());
        break;
      case 'subscribe':
        this.#subscribe(random, connection, destination);
        break;
      case 'unsubscribe':
        if (this.#subscriptions.length > 0) this.#track(name, random.pick(this.#subscriptions).unsubscribe());
        break;
      case 'next':
        if (this.#iterators.length > 0) this.#next(random.pick(this.#iterators));
        break;
      case 'return':
        if (this.#iterators.length > 0) this.#track(name, random.pick(this.#iterators).return!());
        break;
      case 'finish handlers':
        for (const finish of this.#finishHandlers.splice(0)) finish();
        break;
      case 'ack':
        message?.ack();
        break;
      case 'ackThrough':
        message?.ackThrough();
        break;
      case 'ackConfirmed':
        if (message !== undefined) this.#track(name, message.ackConfirmed());
        break;
      case 'begin':
        this.#transactions.push(connection.begin());
        break;
      case 'send in transaction':
        transaction?.send(destination, body);
        break;
      case 'ack in transaction':
        if (message !== undefined) transaction?.ack(message);
        break;
      case 'commit':
        if (transaction !== undefined) this.#track(name, transaction.commit());
        break;
      case 'abort':
        if (transaction !== undefined) this.#track(name, transaction.abort());
        break;
      case 'look':
        connection.unref().ref().stats();
        break;
      case 'end':
        this.#end(random, connection);
        break;
    }
  }

  #end(random: Random, connection: Connection): void {
    const what = random.below(40);
    if (what < 2) connection.destroy();
    else if (what < 4) this.#track('disconnect', connection.disconnect());
    else if (what === 4) this.#abort.abort();
  }

  #subscribe(random: Random, connection: Connection, destination: string): void {
    if (this.#subscriptions.length > 30) return;
    const ack = random.pick(['auto', 'client', 'client-individual'] as const);
    const concurrency = random.pick([1, 1, 3, Number.POSITIVE_INFINITY]);
    const headers = random.oneIn(5) ? { id: random.pick(['7', 's1', 's2', 'my id']) } : {};
    const implicit = random.oneIn(10);
    const handler = random.oneIn(3) ? undefined : this.#handler(random.next(), connection);
    const subscription = connection.subscribe(destination, { ack, concurrency, headers, implicit }, handler);
    this.#subscriptions.push(subscription);
    this.#track('ready', subscription.ready);
    this.#track('subscription.closed', subscription.closed);
    if (handler === undefined) this.#iterators.push(subscription[Symbol.asyncIterator]());
  }

  #handler(seed: number, connection: Connection): (message: Message) => unknown {
    const random = new Random(seed);
    return (message) => {
      this.#keep(message);
      const what = random.below(20);
      if (what === 0) throw new Error('a handler throws');
      if (what === 1) return Promise.reject(new Error('a handler rejects'));
      if (what === 2) return new Promise<void>((resolve) => this.#finishHandlers.push(resolve));
      if (what === 3) this.#track('ackConfirmed', message.ackConfirmed());
      if (what === 4 && random.oneIn(10)) connection.destroy();
      if (what === 5)
        this.#try('publish', () => this.#track('publish', connection.publish('/queue/a', 'again')));
      if (what === 6 && this.#subscriptions.length > 0) {
        this.#track('unsubscribe', random.pick(this.#subscriptions).unsubscribe());
      }
      if (what > 12) message.ack();
      return what % 2 === 0 ? undefined : Promise.resolve();
    };
  }

  #keep(message: Message): void {
    this.#messages.push(message);
    if (this.#messages.length > 50) this.#messages = this.#messages.slice(-25);
  }

  #next(iterator: AsyncIterator<Message, undefined>): void {
    const next = iterator.next().then(({ value }) => {
      if (value !== undefined) this.#keep(value);
    });
    this.#track('next', next);
  }

  /** It has to settle before all is over, and may be rejected with an error of ours. */
  #track(what: string, promise: Promise<unknown>): void {
    this.#pending.set(promise, what);
    promise.then(
      () => this.#pending.delete(promise),
      (error) => {
        this.#pending.delete(promise);
        this.#checkError(what, error);
      },
    );
  }

  #try(what: string, action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#checkError(what, error);
    }
  }

  #checkError(what: string, error: unknown): void {
    if (error instanceof StompError && typeof error.code === 'string') return;
    this.#broken ??=
      error instanceof Broken ? error : new Broken(`${what}: not an error of ours: ${String(error)}`);
  }

  #check(): void {
    if (this.#broken !== undefined) throw this.#broken;
  }
}

const SENDING = ['send', 'send', 'send', 'publish', 'drain'] as const;

const ACTIONS = [
  'send',
  'publish',
  'drain',
  'subscribe',
  'subscribe',
  'unsubscribe',
  'next',
  'next',
  'return',
  'finish handlers',
  'ack',
  'ack',
  'ackThrough',
  'ackConfirmed',
  'begin',
  'send in transaction',
  'ack in transaction',
  'commit',
  'abort',
  'look',
  'end',
] as const;
