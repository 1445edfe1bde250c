import { BrokerCore, type BrokerSession, type BrokerSink, type Fault } from '../../src/broker/index.js';
import { FrameParser } from '../../src/frame/index.js';
import { TestClock } from '../broker/support/clock.js';
import { CLIENT_FRAMES, fill, type Wire } from './corpus.js';
import { mutate } from './mutate.js';
import { Random } from './random.js';
import { Broken, promised } from './target.js';

const MAX_QUEUE_BYTES = 200_000;
const MAX_RECEIVED_BYTES = 50_000;
const DESTINATIONS = ['/queue/a', '/queue/b', '/topic/t'];

/** A client of the broker: reads back what it is sent, and notes what it could name in its next frame. */
class Client implements BrokerSink {
  session!: BrokerSession;
  readonly messageIds: string[] = [];
  ended = false;
  full = false;
  broken: Broken | undefined;
  /** Bytes that a frame was begun with. */
  unsaid: Wire = '';
  readonly #parser: FrameParser | undefined;

  /** `garbled`: what comes is not to be read, since a fault disturbs it on purpose. */
  constructor(garbled: boolean) {
    const limits = { maxHeaderLineBytes: 1_000_000, maxHeaders: 100_000 };
    if (garbled) return;
    this.#parser = new FrameParser(
      ({ command, headers }) => {
        if (!['CONNECTED', 'MESSAGE', 'RECEIPT', 'ERROR'].includes(command)) {
          throw new Broken(`the broker said ${command}`);
        }
        const odd = command === 'MESSAGE' ? /\0/ : /[\r\0]/;
        if (odd.test(headers.raw.toString('latin1'))) throw new Broken(`CR or NUL in a header of ${command}`);
        const id = headers.get('message-id');
        if (command === 'MESSAGE' && id !== undefined) this.messageIds.push(id);
      },
      { limits },
    );
  }

  write(bytes: Buffer): boolean {
    if (this.ended) this.broken ??= new Broken('the broker wrote behind the end');
    try {
      this.#parser?.push(bytes);
    } catch (error) {
      this.broken ??= new Broken(`the broker wrote what is no frame: ${error}`);
    }
    return !this.full;
  }

  close(): void {
    this.ended = true;
  }

  cut(): void {
    this.ended = true;
  }
}

/** One broker and a few clients that send mutated frames. */
export class BrokerWorld {
  /** What happened, where that is wanted. */
  readonly log: string[] | undefined;
  readonly #clock = new TestClock();
  readonly #core: BrokerCore;
  readonly #rough: number;
  readonly #garbled: boolean;
  readonly #limitsOfFrames: number;
  #clients: Client[] = [];
  #badFrames = 0;
  #observed = 0;

  constructor(seed: number, log?: string[]) {
    this.log = log;
    const random = new Random(seed);
    const fault = random.oneIn(4) ? makeFault(random) : {};
    this.#garbled =
      fault.garbage !== undefined || fault.cutAfterBytes !== undefined || fault.dribble !== undefined;
    this.#rough = random.pick([10, 60, 1_000]);
    this.#limitsOfFrames = random.pick([500, 65_536]);
    this.#core = new BrokerCore({
      name: 'b',
      clock: this.#clock,
      faults: fault,
      storeDelayMs: random.pick([0, 0, 20]),
      volatile: random.pick(['keep', 'lose']),
      logins: random.oneIn(5) ? { me: 'secret' } : undefined,
      observer: {
        onBadFrame: () => void this.#badFrames++,
        ...(random.oneIn(3) && { onFrameOut: () => void this.#observed++ }),
        ...(random.oneIn(3) && { onFrameIn: () => void this.#observed++ }),
      },
      limits: {
        maxQueueBytes: MAX_QUEUE_BYTES,
        maxQueueMessages: random.pick([3, 100]),
        maxSubscriptions: random.from(1, 20),
        maxTransactions: random.from(1, 5),
        maxConnections: random.from(2, 6),
        maxReceivedBytes: MAX_RECEIVED_BYTES,
        maxReceivedFrames: random.pick([1, 100]),
        prefetch: random.pick([1, 5, 1_000]),
        maxHeaderLineBytes: this.#limitsOfFrames,
      },
    });
  }

  step(seed: number): void {
    const random = new Random(seed);
    const what = random.below(30);
    if (what === 0 || this.#clients.length === 0) this.#join(random);
    else if (what === 1) this.#clock.advance(random.small(200));
    else if (what === 2) this.#happen(random);
    else this.#speak(random, random.pick(this.#clients));
    this.#check();
  }

  /** Everybody leaves. Gives how many frames were read. */
  end(): number {
    for (const client of this.#clients) this.#leave(client);
    this.#clock.advance(100_000);
    this.#check();
    promised(this.#core.sessions.length === 0, () => 'sessions are left');
    promised(this.#clock.armed === 0, () => `timers are left: ${this.#clock.armed}`);
    for (const [name, { unacknowledged, consumers }] of Object.entries(this.#core.stats().queues)) {
      promised(unacknowledged === 0, () => `${name} waits for ${unacknowledged} ACKs of nobody`);
      promised(consumers === 0, () => `${name} has consumers, but nobody is there`);
    }
    return this.#core.stats().framesIn + this.#badFrames;
  }

  #join(random: Random): void {
    const client = new Client(this.#garbled);
    this.log?.push(`client ${this.#clients.length} joins`);
    client.session = this.#core.open(client);
    this.#clients.push(client);
    if (!random.oneIn(20)) this.#say(client, 'CONNECT\nlogin:me\npasscode:secret\n\n\0\n');
  }

  #leave(client: Client): void {
    client.session.closed();
    client.ended = true;
  }

  #happen(random: Random): void {
    const client = random.pick(this.#clients);
    const what = random.below(9);
    this.log?.push(`happening ${what}`);
    if (what === 0) client.session.end();
    else if (what === 1) client.session.cut();
    else if (what === 2) client.full = true;
    else if (what <= 4) {
      client.full = false;
      if (!client.ended) client.session.drained();
    } else if (what === 5) this.#core.faults.clear();
    else if (what === 6) this.#core.publish(random.pick(DESTINATIONS), 'from the broker');
    else if (what === 7 && random.oneIn(5)) this.#core.cut();
    else if (what === 8 && random.oneIn(5)) this.#core.kill({ unstored: random.pick(['keep', 'lose']) });
  }

  #speak(random: Random, client: Client): void {
    let bytes = client.unsaid;
    const names = {
      s: ['1', '2', 'my id'],
      t: ['tx-1', 'tx-2'],
      q: DESTINATIONS,
      i: client.messageIds.slice(-3),
    };
    for (let count = random.from(1, 8); count > 0; count--) {
      const kind =
        CLIENT_FRAMES[
          random.oneIn(30) ? random.below(CLIENT_FRAMES.length) : random.from(3, CLIENT_FRAMES.length - 3)
        ]!;
      bytes += mutate(random, fill(random, kind, names), random.pick(CLIENT_FRAMES), this.#rough);
    }
    const cut = random.oneIn(4) ? random.below(bytes.length) : bytes.length;
    client.unsaid = bytes.slice(cut);
    this.#say(client, bytes.slice(0, cut));
  }

  #say(client: Client, bytes: Wire): void {
    this.log?.push(`client ${this.#clients.indexOf(client)}: ${JSON.stringify(bytes)}`);
    client.session.receive(Buffer.from(bytes, 'latin1'));
    // Where a connection is over, the next one takes its place.
    if (client.session.state === 'waiting' || client.session.state === 'open') return;
    this.#leave(client);
    this.#check();
    this.#clients = this.#clients.filter((other) => other !== client);
  }

  #check(): void {
    for (const { broken } of this.#clients) if (broken !== undefined) throw broken;
    let waiting = 0;
    for (const name of Object.keys(this.#core.stats().queues)) {
      for (const { head, body } of this.#core.store.peek(name)) waiting += head.length + body.length;
    }
    // What comes back unacknowledged counts on top: as much again for each prefetch is the worst there can be.
    promised(waiting <= 40 * MAX_QUEUE_BYTES, () => `${waiting} bytes wait in the queues`);
    const received = this.#core.record.list().reduce((sum, { body }) => sum + body.length, 0);
    promised(received <= MAX_RECEIVED_BYTES, () => `${received} bytes are on record`);
  }
}

function makeFault(random: Random): Fault {
  return random.pick<Fault>([
    { silent: 'connected' },
    { errorOnConnect: 'no' },
    { errorOn: { command: 'SEND', message: 'not now', after: random.small(5), close: random.oneIn(2) } },
    { cutAfterBytes: { in: random.small(3_000) } },
    { cutAfterBytes: { out: random.small(3_000) } },
    { dribble: { bytes: random.from(1, 50), everyMs: random.from(1, 20) } },
    { delayReceiptsMs: random.from(1, 50) },
    { dropReceipts: true },
    { garbage: { bytes: '\x15\x03', afterBytes: random.small(500) } },
  ]);
}
