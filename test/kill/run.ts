import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type Pool, type PoolOptions } from '../../src/index.js';
import type { Broker } from '../brokers/rig/index.js';
import type { Blow, Case } from './cases.js';
import { CuttingProxy } from './proxy.js';
import { drain, type Queue, type Stage } from './stages.js';
import { bodyOf, seeded, Tally } from './tally.js';
import { now, type Parts, type Place, partsOf, Timeline, watch } from './timeline.js';

export interface RunOptions {
  readonly messages: number;
  /** `publish`es under way at most. */
  readonly window: number;
  readonly seed: number;
}

export interface Outcome {
  readonly case: string;
  readonly client: string;
  readonly broker: string;
  readonly seed: number;
  readonly messages: number;
  readonly confirmed: number;
  /** Confirmed, and delivered to nobody. */
  readonly lost: number;
  readonly firstLost: readonly number[];
  /** `publish` rejected or never settled, by code. */
  readonly failed: Readonly<Record<string, number>>;
  /** Not confirmed, and delivered to nobody. */
  readonly unconfirmedLost: number;
  readonly duplicates: number;
  readonly outOfOrder: number;
  readonly strays: number;
  /** Delivered by the final drain. */
  readonly drained: number;
  /** Connections lost. */
  readonly losses: number;
  /** Between two receipts, while something was under way. */
  readonly longestGapMs: number;
  readonly parts: readonly Parts[];
  readonly tookMs: number;
  readonly errors: readonly string[];
}

/** What one run is made of, whoever publishes. */
export interface Scene {
  readonly item: Case;
  readonly stage: Stage;
  readonly queue: Queue;
  readonly places: readonly Place[];
  readonly random: () => number;
  readonly options: RunOptions;
  readonly tally: Tally;
  readonly timeline: Timeline;
}

const SETTLE_MS = 120_000;

export async function runCase(item: Case, stage: Stage, options: RunOptions): Promise<Outcome> {
  const random = seeded(options.seed);
  const queue = await stage.open(item.queue);
  const timeline = new Timeline();
  const proxies: CuttingProxy[] = [];
  const brokers = ordered(stage, item);
  if (item.blow.kind === 'cut')
    await addProxies(item.blow.times, brokers, proxies, random, options, timeline);
  const places = brokers.map(({ port, login, passcode }, i) => ({
    port: proxies[i]?.port ?? port,
    login,
    passcode,
  }));
  const tally = new Tally(options.messages);
  const scene: Scene = { item, stage, queue, places, random, options, tally, timeline };
  const startedAt = now();
  let traffic: Traffic;
  try {
    traffic = await publishAll(scene);
  } finally {
    for (const proxy of proxies) await proxy.stop();
  }
  const tookMs = now() - startedAt;
  return { ...(await settle(scene, traffic.failed, traffic.longestGapMs, timeline)), tookMs };
}

/** Brings the brokers back, drains the queue, and counts. */
export async function settle(
  { item, stage, queue, options, tally }: Scene,
  failed: Readonly<Record<string, number>>,
  longestGapMs: number,
  { losses, errors }: Timeline,
): Promise<Omit<Outcome, 'tookMs'>> {
  await stage.restore();
  // A broker may take its time to return what a lost consumer had not acknowledged.
  const idleMs = () => (tally.seen.count < tally.messages ? 4_000 : 700);
  const drained = await drain(stage.reader(), queue, idleMs, (body) => void tally.deliver(body));
  const lost = tally.lost();
  return {
    case: item.name,
    client: item.client,
    broker: `${stage.kind} ${stage.version}`,
    seed: options.seed,
    messages: tally.messages,
    confirmed: tally.confirmed.count,
    lost: lost.length,
    firstLost: lost.slice(0, 10),
    failed,
    unconfirmedLost: tally.unconfirmedLost().length,
    duplicates: tally.duplicates,
    outOfOrder: tally.outOfOrder,
    strays: tally.strays,
    drained,
    losses: losses.length,
    longestGapMs,
    parts: losses.map(partsOf),
    errors: [...new Set(errors)].slice(0, 10),
  };
}

function ordered(stage: Stage, { elsewhere }: Case): readonly Broker[] {
  const [first, ...others] = stage.brokers();
  return elsewhere ? [...others, first!] : [first!, ...others];
}

async function addProxies(
  times: number,
  brokers: readonly Broker[],
  proxies: CuttingProxy[],
  random: () => number,
  { messages }: RunOptions,
  timeline: Timeline,
): Promise<void> {
  let left = times;
  // About 900 bytes pass for each message: SEND, RECEIPT, MESSAGE and ACK.
  const most = (messages * 900) / (times / 2 + 1);
  for (const broker of brokers) {
    proxies.push(
      await CuttingProxy.start(broker.port, {
        budget: () => (left > 0 ? 1 + Math.floor(random() * most) : undefined),
        reset: () => random() < 0.5,
        onCut: () => {
          left--;
          timeline.hit(true);
        },
      }),
    );
  }
}

interface Traffic {
  readonly failed: Readonly<Record<string, number>>;
  readonly longestGapMs: number;
}

async function publishAll(scene: Scene): Promise<Traffic> {
  const { item, queue, places, random, options, tally, timeline } = scene;
  const hosts = places.map(({ port, login, passcode }) => ({ host: '127.0.0.1', port, login, passcode }));
  const poolOptions = { ...optionsFor(item.blow), ...item.pool };
  const pool = await connect({ hosts }, { observer: timeline.observer(), ...poolOptions });
  const reader = item.apart ? await connect({ hosts }, poolOptions) : pool;
  const stops: Array<() => void> = [];
  try {
    if (!item.unread) await consume(reader, queue, tally);
    const hand = new Hand(scene, pool, stops);
    const meter = new GapMeter();
    const failed: Record<string, number> = {};
    const slots = new Slots(options.window);
    const plan = blowPlan(item.blow, options.messages, random);
    for (let n = 0; n < options.messages; n++) {
      await slots.take();
      // The blow before this one has to be over, and this one comes with the window full of messages.
      if (n === plan[0]) {
        plan.shift();
        await hand.rested;
        void hand.strike();
      }
      meter.asked();
      void publishOne(pool, scene, n)
        .then(
          () => {
            tally.confirmed.add(n);
            timeline.receipt();
          },
          (error: { code?: string }) => {
            const code = error.code ?? String(error);
            failed[code] = (failed[code] ?? 0) + 1;
          },
        )
        .finally(() => {
          meter.answered();
          slots.give();
        });
    }
    await Promise.race([slots.allFree(), sleep(SETTLE_MS, undefined, { ref: false })]);
    if (slots.taken > 0) failed['never settled'] = slots.taken;
    await hand.rested;
    if (!item.unread) await quiet(tally);
    return { failed, longestGapMs: meter.longestMs };
  } finally {
    await Promise.all([pool.disconnect(), reader.disconnect()]);
    for (const stop of stops) stop();
  }
}

async function publishOne(pool: Pool, { item, queue }: Scene, n: number): Promise<void> {
  const { headers, destination } = queue;
  if (item.broken === 'at once') {
    if (!pool.send(destination, bodyOf(n), { headers, persistent: true })) await pool.drain();
    return;
  }
  await pool.publish(destination, bodyOf(n), { headers, persistent: item.broken !== 'transient' });
}

function optionsFor(blow: Blow): PoolOptions {
  if (blow.kind === 'cut') return { maxReconnectDelayMs: 100 };
  if (blow.kind !== 'stop') return {};
  return { probeIntervalMs: 250, probeTimeoutMs: 500, connectTimeoutMs: 1_000, maxReconnectDelayMs: 250 };
}

async function consume(pool: Pool, queue: Queue, tally: Tally): Promise<void> {
  const options = { ack: 'client', prefetch: 256, headers: queue.headers } as const;
  await pool.subscribe(queue.destination, options, (message) => {
    tally.deliver(message.body.toString('latin1'));
    message.ack();
  }).ready;
}

/** At which messages the blows come: the first in the second fifth. */
function blowPlan(blow: Blow, messages: number, random: () => number): number[] {
  if (blow.kind === 'cut') return [];
  const times = blow.kind === 'kill' ? blow.times : 1;
  const share = messages / (times + 2);
  return Array.from({ length: times }, (_, i) => Math.floor((i + 0.7 + 0.6 * random()) * share));
}

/** Waits until the consumer has all, or nothing more comes. */
export async function quiet(tally: Tally, idleMs = 2_500): Promise<void> {
  let last = -1;
  let since = now();
  while (tally.seen.count < tally.messages && now() - since < idleMs) {
    const deliveries = tally.seen.count + tally.duplicates;
    if (deliveries !== last) since = now();
    last = deliveries;
    await sleep(25);
  }
}

/** The `publish`es under way: as many as the window allows. One caller waits at a time. */
class Slots {
  taken = 0;
  readonly #size: number;
  #wake: (() => void) | undefined;

  constructor(size: number) {
    this.#size = size;
  }

  async take(): Promise<void> {
    while (this.taken >= this.#size) await this.#change();
    this.taken++;
  }

  give(): void {
    this.taken--;
    this.#wake?.();
  }

  async allFree(): Promise<void> {
    while (this.taken > 0) await this.#change();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** The longest time between two answers while something was under way. */
class GapMeter {
  longestMs = 0;
  #under = 0;
  #since = 0;

  asked(): void {
    if (this.#under++ === 0) this.#since = now();
  }

  answered(): void {
    const at = now();
    this.longestMs = Math.max(this.longestMs, at - this.#since);
    this.#since = at;
    this.#under--;
  }
}

/** What hits the brokers. */
class Hand {
  /** Settled when the last blow is over, and the next may come. */
  rested: Promise<void> = Promise.resolve();
  readonly #scene: Scene;
  readonly #pool: Pool;
  readonly #stops: Array<() => void>;
  #struck = 0;

  constructor(scene: Scene, pool: Pool, stops: Array<() => void>) {
    this.#scene = scene;
    this.#pool = pool;
    this.#stops = stops;
  }

  strike(): Promise<void> {
    this.#struck++;
    this.rested = strike(this.#scene, this.#victim(), this.#isLast(), this.#stops);
    this.rested.catch(() => {});
    return this.rested;
  }

  #isLast(): boolean {
    const { blow } = this.#scene.item;
    return blow.kind !== 'kill' || this.#struck === blow.times;
  }

  #victim(): Broker {
    const { item, stage } = this.#scene;
    const brokers = stage.brokers();
    if (item.elsewhere) return brokers[0]!;
    return brokers.find(({ port }) => port === this.#pool.endpoint.port) ?? brokers[0]!;
  }
}

/** One blow. The broker is brought back when another blow is to follow, or nobody can stand in for it. */
export async function strike(
  { item, stage, queue, timeline }: Pick<Scene, 'item' | 'stage' | 'queue' | 'timeline'>,
  victim: Broker,
  last: boolean,
  stops: Array<() => void>,
): Promise<void> {
  const { blow } = item;
  const others = stage.othersOf(victim);
  timeline.hit(false);
  if (blow.kind === 'stop') {
    victim.suspend();
    const asked = others.length > 1 ? others : [...others, victim];
    stops.push(watch(asked, queue, timeline));
    await sleep(blow.forMs);
    victim.resume();
  } else if (blow.kind === 'kill') {
    const standsAlone = others.includes(victim);
    const dead = victim.kill(blow.signal);
    if (standsAlone) await dead;
    stops.push(watch(others, queue, timeline));
    await dead;
    if (item.back || standsAlone) await victim.start();
    else if (!last) await stage.restore();
    if (standsAlone) stops.push(keepAlive(victim, timeline));
  }
}

/** Stompserver may end by itself after a kill, at a message whose file is not there: nobody else would start it again. */
function keepAlive(broker: Broker, timeline: Timeline): () => void {
  let starting = false;
  const revive = async (): Promise<void> => {
    if (starting || broker.isAlive()) return;
    starting = true;
    timeline.errors.push('the broker ended by itself, and was started again');
    await broker.start().catch(() => {});
    starting = false;
  };
  const timer = setInterval(() => void revive(), 250);
  return () => clearInterval(timer);
}
