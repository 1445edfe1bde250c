import { BrokerCore, type BrokerFrameEvent, BrokerStore, type Fault } from '../../src/broker/index.js';
import type { Endpoint } from '../../src/transport/endpoint.js';
import type { Transport, TransportEvents } from '../../src/transport/transport.js';
import { SimClock } from '../support/sim-clock.js';
import type { Chunking } from '../support/sim-lane.js';
import { type FarEnd, type FarSink, type PipeTraits, SimPipe, type Trouble } from '../support/sim-pipe.js';
import type { Random } from '../support/sim-random.js';
import { type Delivery, keyOf, type Publish } from './facts.js';
import type { Life } from './life.js';
import type { User } from './user.js';
import { Wire } from './wire.js';

/** `down` refuses, `hole` never answers the dial, the others accept and do not come as far as CONNECTED. */
type HostMode = 'up' | 'down' | 'hole' | 'silent' | 'error' | 'hang-up';

interface Host {
  readonly name: string;
  readonly core: BrokerCore;
  mode: HostMode;
  /** Counts the changes of mode, so that the end of an old one does not end a newer. */
  change: number;
}

export interface WorldPlan {
  readonly hosts: number;
  /** How many stores they have between them. */
  readonly stores: number;
  readonly storeDelayMs: number;
  /** Between one trouble and the next. */
  readonly troubleMs: number;
  /** How often a connection is doomed from the start. */
  readonly doomed: number;
  readonly latencyMs: number;
  readonly dribbles: boolean;
  /** One queue lives on the first host alone: while that is down, every broker ends the connection of who names it. */
  readonly homed: boolean;
}

/** Far more than any run needs. */
const MAX_EVENTS = 500_000;
/** A run that has as many is not looked at any further. */
const MAX_FAULTS = 20;

/** The text of every ERROR that is ordered here; any other is the client's fault. */
const ORDERED = 'ordered by the simulation';

/** Hosts, brokers and the network between them and the pools; and what went wrong. */
export class World {
  readonly clock = new SimClock();
  readonly faults: string[] = [];
  /** Every MESSAGE that reached a client, by message-id. */
  readonly delivered = new Map<string, Delivery>();
  /** Every body there is, by its key. */
  readonly bodies = new Map<string, string>();
  /** Every publish there is, by its key. */
  readonly publishes = new Map<string, Publish>();
  /** When a SEND with this key first reached a broker: its place among all. */
  readonly arrivals = new Map<string, number>();
  /** Keys whose message a broker has given away for good. */
  readonly consumed = new Set<string>();
  /** An ERROR was ordered for something: what was sent without a receipt may be lost without a word. */
  ordersErrors = false;
  users: readonly User[] = [];
  readonly hosts: Host[];
  readonly stores: BrokerStore[];
  readonly #plan: WorldPlan;
  readonly #net: Random;
  readonly #chaos: Random;
  readonly #trace: string[] | undefined;
  readonly #wires = new Map<string, Wire>();
  /** MESSAGEs that brokers sent: what to think of their ACK. */
  readonly #sent = new Map<string, string>();
  readonly #modes = new Map<string, string>();
  #calm = false;

  constructor(plan: WorldPlan, random: Random, trace: string[] | undefined) {
    this.#plan = plan;
    this.#net = random.fork();
    this.#chaos = random.fork();
    this.#trace = trace;
    this.stores = Array.from({ length: plan.stores }, () => new BrokerStore());
    this.hosts = Array.from({ length: plan.hosts }, (_, i) =>
      this.#makeHost(`h${i + 1}`, this.stores[i % plan.stores]!),
    );
    this.#troubleLater();
  }

  get tracing(): boolean {
    return this.#trace !== undefined;
  }

  note(what: string): void {
    this.#trace?.push(
      `${this.clock.now().toFixed(3).padStart(12)} ${String(this.clock.step).padStart(5)}  ${what}`,
    );
  }

  fail(what: string): void {
    this.note(`*** ${what}`);
    if (this.faults.length < MAX_FAULTS)
      this.faults.push(`${what} (at ${this.clock.now()} ms, event ${this.clock.step})`);
  }

  dial(life: Life, endpoint: Endpoint, events: TransportEvents): Transport {
    const host = this.hosts.find(({ name }) => name === endpoint.host)!;
    const role = life.roleOf(host.name);
    const wire = new Wire(life, host.name, role);
    this.#wires.set(wire.name, wire);
    const traits = this.#traits(host);
    wire.note(`dial: ${host.mode}, up ${shown(traits.up)}, down ${shown(traits.down)}, ${traits.cutBy}`);
    const accept = (sink: FarSink): FarEnd => this.#accept(host, wire, sink);
    wire.pipe = new SimPipe(this.clock, this.#net, endpoint, events, traits, wire, accept);
    life.wires.push(wire);
    if (role === 'main') life.mains.push(wire);
    return wire.pipe;
  }

  /** No more trouble: every host works, and what was broken on the way is found out. */
  calm(): void {
    this.note('calm');
    this.#calm = true;
    for (const host of this.hosts) {
      host.mode = 'up';
      host.change++;
      host.core.faults.clear();
    }
    for (const { spoilt, pipe } of this.#wires.values()) if (spoilt) pipe?.break('reset');
    this.heal();
  }

  heal(): void {
    for (const { pipe } of this.#wires.values()) pipe?.heal();
  }

  onServerError(life: Life, message: string): void {
    // An UNSUBSCRIBE may cross the refusal of its SUBSCRIBE.
    const crosses = this.ordersErrors && message.includes('no such subscription');
    if (!message.includes(ORDERED) && !crosses) life.fail(`it made a broker say: ${message}`);
  }

  /** Whether this publish was confirmed and written to no more than one connection: then no copy of it came late. */
  cameOnce(key: string): boolean {
    const publish = this.publishes.get(key);
    return publish?.outcome === 'resolved' && publish.wires.length === 1;
  }

  /** After each event. */
  checkBounds(): void {
    if (this.clock.step > MAX_EVENTS) throw new Error('it goes round in circles');
    if (this.faults.length >= MAX_FAULTS) throw new Error('more than enough is wrong');
    for (const { life } of this.users) life.checkBounds();
  }

  /** When all pools have ended and their connections are gone. */
  checkEnd(): void {
    for (const life of this.#lives()) life.checkEnd();
    const happened = new Set([...this.#stored(), ...this.consumed]);
    for (const life of this.#lives()) this.#checkArrivals(life, happened);
    for (const { transactions } of this.users) transactions.check(happened);
    for (const { wire, ack, late, told, message, sub, messageId } of this.delivered.values()) {
      const { handled = false, left = true } = wire.life.subs.get(sub) ?? {};
      if (ack === 'auto' && handled && !left && !late && !told && message === undefined)
        wire.life.fail(`message ${messageId} was read, and never handed over`);
    }
  }

  *#lives(): Generator<Life> {
    for (const { lives } of this.users) yield* lives;
  }

  /** What was confirmed is there, and came in the order it was published in. */
  #checkArrivals(life: Life, happened: ReadonlySet<string>): void {
    let last = -1;
    for (const { key, outcome, persistent, destination } of life.publishes.values()) {
      if (outcome !== 'resolved') continue;
      const arrival = this.arrivals.get(key) ?? -1;
      if (arrival < last) life.fail(`publish ${key} reached a broker behind a later one`);
      last = Math.max(last, arrival);
      if (persistent && destination.startsWith('/queue/') && !happened.has(key))
        life.fail(`publish ${key} is lost`);
    }
  }

  /** The keys of all messages that are in a store. */
  #stored(): Set<string> {
    const keys = new Set<string>();
    for (const store of this.stores)
      for (const queue of Object.keys(store.queues()))
        for (const { body } of store.peek(queue)) keys.add(keyOf(body.toString('latin1')));
    return keys;
  }

  #makeHost(name: string, store: BrokerStore): Host {
    const { storeDelayMs } = this.#plan;
    const observer = {
      onFrameIn: (event: BrokerFrameEvent) => this.#onFrameIn(event),
      onFrameOut: (event: BrokerFrameEvent) => this.#onFrameOut(event),
    };
    const core = new BrokerCore({ name, store, clock: this.clock, storeDelayMs, observer });
    return { name, core, mode: 'up', change: 0 };
  }

  #onFrameIn({ peer, frame }: BrokerFrameEvent): void {
    const { command, headers } = frame;
    if (command === 'SEND') {
      const key = keyOf(frame.body.toString('latin1'));
      if (!this.arrivals.has(key)) this.arrivals.set(key, this.arrivals.size);
      if (headers.has('deadly') || this.#isHomeless(headers.get('destination'))) this.#endLater(peer);
    } else if (command === 'SUBSCRIBE') {
      this.#modes.set(`${peer} ${headers.get('id')}`, headers.get('ack') ?? 'auto');
      if (this.#isHomeless(headers.get('destination'))) this.#endLater(peer);
    } else if (command === 'ACK') {
      const key = this.#sent.get(headers.get('message-id') ?? '');
      if (key !== undefined) this.consumed.add(key);
    }
  }

  #endLater(peer: string): void {
    this.clock.schedule(0, () => this.#wires.get(peer)?.pipe?.break('reset'));
  }

  #isHomeless(destination: string | undefined): boolean {
    return this.#plan.homed && destination === HOMED && this.hosts[0]!.mode !== 'up';
  }

  #onFrameOut({ peer, frame }: BrokerFrameEvent): void {
    if (frame.command !== 'MESSAGE') return;
    const key = keyOf(frame.body.toString('latin1'));
    if (this.#modes.get(`${peer} ${frame.headers.get('subscription')}`) === 'auto') this.consumed.add(key);
    this.#sent.set(frame.headers.get('message-id')!, key);
  }

  #accept(host: Host, wire: Wire, sink: FarSink): FarEnd {
    if (host.mode === 'down') {
      this.clock.schedule(0, () => sink.cut());
      return { receive() {}, drained() {}, end() {}, closed() {} };
    }
    const fault = this.#faultFor(host);
    if (fault !== undefined) {
      host.core.faults.next(fault);
      wire.spoilt = true;
      wire.note(`fault: ${JSON.stringify(fault)}`);
    }
    return host.core.open(sink, wire.name);
  }

  #faultFor({ mode }: Host): Fault | undefined {
    const random = this.#chaos;
    if (mode === 'silent') return { silent: 'start' };
    if (mode === 'error') return { errorOnConnect: ORDERED };
    if (mode === 'hang-up')
      return random.chance(0.5) ? { refuse: true } : { cutAfterBytes: { in: random.between(1, 40) } };
    if (this.#calm || !random.chance(this.#plan.doomed)) return undefined;
    const after = random.between(0, 5);
    switch (random.between(1, 8)) {
      case 1:
        this.ordersErrors = true;
        return {
          errorOn: { command: random.pick(COMMANDS), message: ORDERED, after, close: random.chance(0.5) },
        };
      case 2:
        return { garbage: { bytes: random.pick(GARBAGE) } };
      case 3:
        return { dropReceipts: true };
      case 4:
        return { delayReceiptsMs: random.between(1, 3_000) };
      case 5:
        return { dribble: { bytes: random.between(1, 50), everyMs: random.between(0, 20) } };
      case 6:
        return { silent: 'connected' };
      case 7:
        return { cutAfterBytes: { in: random.between(30, 900) } };
      default:
        return { cutAfterBytes: { out: random.between(0, 900) } };
    }
  }

  #traits({ mode }: Host): PipeTraits {
    const random = this.#net;
    const doomed = !this.#calm && random.chance(this.#plan.doomed);
    const { latencyMs, dribbles } = this.#plan;
    const chunking = (): Chunking =>
      random.pick(dribbles ? ['any', 'any', 'dribble'] : ['whole', 'whole', 'any']);
    const lane = (cut: boolean) => ({
      latencyMs: 0.1 + latencyMs * random.next(),
      jitterMs: random.pick([0, 0, latencyMs]),
      chunking: chunking(),
      cutAfter: cut ? random.between(1, random.pick([60, 300, 2_000])) : undefined,
    });
    const cutUp = doomed && random.chance(0.5);
    return {
      up: lane(cutUp),
      down: lane(doomed && !cutUp),
      door: mode === 'down' ? 'refuse' : mode === 'hole' ? 'hole' : 'open',
      openMs: latencyMs * random.next(),
      cutBy: random.pick(TROUBLES),
      asksForBuffer: random.chance(0.5),
      tellsUntaken: random.chance(0.5),
      dropsUnsent: random.chance(0.5),
    };
  }

  #troubleLater(): void {
    this.clock.schedule(this.#chaos.after(this.#plan.troubleMs), () => {
      if (this.#calm) return;
      this.#trouble();
      this.#troubleLater();
    });
  }

  #trouble(): void {
    const random = this.#chaos;
    const kind = random.weigh({ host: 3, pipe: 4, stall: 3, babble: 1 });
    if (kind === 'host') {
      this.#hostTrouble(random.pick(this.hosts));
      return;
    }
    const open = [...this.#wires.values()].filter(({ pipe }) => pipe?.open);
    if (open.length === 0) return;
    const { pipe, name, spoilt } = random.pick(open);
    if (kind === 'pipe') pipe!.break(random.pick(TROUBLES));
    else if (kind === 'babble') {
      // Not in the middle of a frame that a dribble has begun: nobody could tell that from the frame.
      if (!spoilt) pipe!.babble(Buffer.from(random.pick(GARBAGE)));
    } else {
      this.note(`${name} stalls`);
      pipe!.stall();
      this.clock.schedule(random.after(2_000), () => pipe!.unstall());
    }
  }

  #hostTrouble(host: Host): void {
    const random = this.#chaos;
    const modes: readonly HostMode[] = ['down', 'down', 'down', 'hole', 'silent', 'error', 'hang-up'];
    host.mode = random.pick(modes);
    const change = ++host.change;
    this.note(`${host.name} is ${host.mode}`);
    if (host.mode === 'down' || random.chance(0.3))
      host.core.kill({ unstored: random.pick(['lose', 'keep']) });
    this.clock.schedule(random.after(random.pick([20, 500, 5_000])), () => {
      if (host.change !== change) return;
      this.note(`${host.name} is up`);
      host.mode = 'up';
    });
  }
}

const HOMED = '/queue/c';
const TROUBLES: readonly Trouble[] = ['reset', 'fin', 'hole'];
const COMMANDS = ['SEND', 'SUBSCRIBE', 'UNSUBSCRIBE', 'ACK', 'COMMIT'];
const GARBAGE = ['\0\0garbage\n\n', 'RECEIPT\nreceipt-id:999\n\n\0', 'HTTP/1.1 400 Bad Request\r\n\r\n'];

function shown({ chunking, cutAfter }: PipeTraits['up']): string {
  return cutAfter === undefined ? chunking : `${chunking} cut after ${cutAfter}`;
}
