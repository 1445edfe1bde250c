import type { StompError } from '../../src/errors.js';
import { connect, type Pool } from '../../src/pool/index.js';
import type { Message, SubscribeOptions } from '../../src/transport/index.js';
import type { Random } from '../support/sim-random.js';
import { bodyOf, type Delivery, keyOf, type Publish, type Sub } from './facts.js';
import { Life } from './life.js';
import type { UserPlan } from './plan.js';
import { Transacting } from './transacting.js';
import type { World } from './world.js';

const DESTINATIONS = ['/queue/a', '/queue/b', '/queue/c', '/topic/t'];
const MODES = ['auto', 'client', 'client-individual'] as const;
/** What a consumer does with a message. */
type Habit = 'prompt' | 'slow' | 'hoard' | 'throw' | 'reply';

/** Uses a pool in every way there is, at random, and checks what it is told against what the network saw. */
export class User {
  readonly lives: Life[] = [];
  readonly transactions: Transacting;
  readonly #world: World;
  readonly #name: string;
  readonly #random: Random;
  readonly #plan: UserPlan;
  /** Delivered, and kept for later. */
  #hoard: Delivery[] = [];
  /** By connection and subscription: the place of the last message handed over. */
  readonly #lastPlace = new Map<string, number>();
  /** By connection, destination and publisher: the last first delivery. */
  readonly #lastKey = new Map<string, number>();
  readonly #seen = new Set<string>();
  #keys = 0;
  #calm = false;

  constructor(world: World, name: string, random: Random, plan: UserPlan) {
    this.#world = world;
    this.#name = name;
    this.#random = random;
    this.#plan = plan;
    this.transactions = new Transacting(world, random);
    this.#begin();
    this.#actLater();
  }

  get life(): Life {
    return this.lives.at(-1)!;
  }

  /** Nothing that it asked for is under way. */
  get quiet(): boolean {
    const { life } = this;
    if (life.over) return true;
    if (life.pool?.state !== 'connected') return false;
    const publishes = [...life.publishes.values()].every(({ outcome }) => outcome !== 'pending');
    const isServed = life.subscriptionsNow().every((id) => life.wire?.subscribed.has(id));
    return publishes && isServed && [...life.subs.values()].every(({ handle }) => handle.state !== 'waiting');
  }

  /** Does no more than finish what it began. */
  calm(): void {
    this.#calm = true;
    for (const delivery of this.#hoard.splice(0)) this.#ack(delivery);
  }

  /** With the brokers well: publishes once more, and looks whether they serve each subscription. */
  probe(): Publish | undefined {
    const { life } = this;
    if (life.over || life.pool === undefined) return undefined;
    const served = [...life.wire!.subscribed].sort().join(' ');
    const wanted = life.subscriptionsNow().sort().join(' ');
    if (served !== wanted)
      life.fail(`it has subscribed to ${served || 'nothing'} instead of ${wanted || 'nothing'}`);
    return this.#publish(life.pool, '/queue/probe', 20);
  }

  finish(): void {
    const { life } = this;
    if (life.over || life.askedAt !== undefined) return;
    if (life.pool === undefined) {
      life.askedAt = life.now;
      life.abort.abort();
    } else this.#end(life.pool);
  }

  #begin(): void {
    const life = new Life(this.#world, `${this.#name}.${this.lives.length + 1}`, this.#plan.options);
    this.lives.push(life);
    connect(life.connectOptions(this.#random.fork().next)).then(
      (pool) => {
        life.pool = pool;
        life.note('connected for the first time');
        void pool.closed.then((error) => life.closed(error));
      },
      (error: StompError) => life.closed(error),
    );
  }

  #actLater(): void {
    this.#world.clock.schedule(this.#random.after(this.#plan.actMs), () => {
      if (this.#calm) return;
      this.#act();
      this.#actLater();
    });
  }

  #act(): void {
    const { life } = this;
    const random = this.#random;
    if (life.over) {
      if (random.chance(0.3)) this.#begin();
      return;
    }
    const { pool } = life;
    if (pool === undefined || pool.state === 'disconnecting' || pool.state === 'closed') return;
    const act = random.weigh({
      publish: 40,
      send: 10,
      subscribe: 8,
      unsubscribe: 4,
      ack: 15,
      transact: 5,
      drain: 2,
      end: this.#plan.restless ? 1 : 0,
    });
    if (act === 'publish') this.#publishSome(pool);
    else if (act === 'send') this.#sendSome(pool);
    else if (act === 'subscribe') this.#subscribe(pool);
    else if (act === 'unsubscribe') this.#unsubscribe();
    else if (act === 'ack') this.#ackSome();
    else if (act === 'transact')
      this.transactions.begin(life, pool, this.#hoard, () => this.#newBody('t', 30));
    else if (act === 'drain') pool.drain().catch((error) => this.#expectEnd('drain', error));
    else this.#end(pool);
  }

  #end(pool: Pool): void {
    const { life } = this;
    life.askedAt = life.now;
    const how = this.#random.pick(['disconnect', 'disconnect', 'destroy', 'abort']);
    life.note(how);
    if (how === 'destroy') pool.destroy();
    else if (how === 'abort') life.abort.abort();
    else void pool.disconnect();
  }

  #newBody(kind: string, size: number): string {
    const key = `${this.life.name}.${kind}${++this.#keys}`;
    const body = bodyOf(key, size);
    this.#world.bodies.set(key, body);
    return body;
  }

  #size(): number {
    return this.#random.between(0, this.#plan.bodyBytes);
  }

  #publishSome(pool: Pool): void {
    const count = this.#random.chance(0.3) ? this.#random.between(2, 8) : 1;
    for (let i = 0; i < count; i++) this.#publish(pool, this.#random.pick(DESTINATIONS), this.#size());
  }

  #publish(pool: Pool, destination: string, size: number): Publish {
    const { life } = this;
    const random = this.#random;
    const persistent = random.chance(0.9);
    const deadly = destination !== '/queue/probe' && random.chance(this.#plan.deadly);
    const body = this.#newBody('p', size);
    const publish: Publish = {
      key: keyOf(body),
      place: life.publishes.size,
      destination,
      persistent,
      body,
      at: life.now,
      deadly,
      wires: [],
      losses: 0,
      lossesAlone: 0,
      lostSince: undefined,
      aloneSince: undefined,
      abortedAt: undefined,
      confirmed: undefined,
      refused: false,
      outcome: 'pending',
      readBufferFull: false,
      settledStep: -1,
    };
    life.publishes.set(publish.key, publish);
    this.#world.publishes.set(publish.key, publish);
    life.note(`publish ${publish.key} to ${destination}${deadly ? ', deadly' : ''}`);
    const signal =
      random.chance(0.05) && destination !== '/queue/probe' ? this.#abortLater(publish) : undefined;
    const headers = deadly ? { deadly: 'yes' } : {};
    const bytes = random.chance(0.5) ? body : Buffer.from(body);
    pool.publish(destination, bytes, { persistent, signal, headers }).then(
      () => life.settled(publish, undefined),
      (error: StompError) => {
        publish.readBufferFull = [error, error.cause as StompError | undefined].some(
          (each) => each?.code === 'STOMP_READ_BUFFER_FULL',
        );
        life.settled(publish, error.code ?? String(error));
      },
    );
    return publish;
  }

  #abortLater(publish: Publish): AbortSignal {
    const controller = new AbortController();
    const { life } = this;
    this.#world.clock.schedule(this.#random.after(200), () => {
      publish.abortedAt = life.now;
      controller.abort();
    });
    return controller.signal;
  }

  #sendSome(pool: Pool): void {
    const { life } = this;
    const count = this.#random.between(1, 5);
    for (let i = 0; i < count; i++) {
      const body = this.#newBody('s', this.#size());
      const key = keyOf(body);
      const record = { key, place: life.sends.size, wire: undefined };
      life.sends.set(key, record);
      try {
        pool.send(this.#random.pick(DESTINATIONS), body);
      } catch (error) {
        life.sends.delete(key);
        if ((error as StompError).code !== 'STOMP_SEND_BUFFER_FULL') life.fail(`send threw ${error}`);
      }
    }
  }

  #subscribe(pool: Pool): void {
    const { life } = this;
    const random = this.#random;
    if (life.subscriptionsNow().length > 5) return;
    const ack = random.pick(MODES);
    const habit = random.pick<Habit>(['prompt', 'prompt', 'slow', 'hoard', 'throw', 'reply']);
    const handled = random.chance(0.7);
    const prefetch = ack !== 'auto' && random.chance(0.5) ? random.between(1, 5) : undefined;
    const headers = random.chance(0.3) ? { id: `${life.name}.sub:${life.subs.size}` } : undefined;
    const concurrency = random.pick([undefined, 1, 3]);
    const options: SubscribeOptions = { ack, prefetch, headers, concurrency };
    const holder: { sub?: Sub } = {};
    const handler = (message: Message): unknown => this.#onMessage(life, holder.sub!, message, habit);
    const handle = pool.subscribe(random.pick(DESTINATIONS), options, handled ? handler : undefined);
    const sub: Sub = { handle, ack, handled, left: false };
    holder.sub = sub;
    life.subs.set(handle.id, sub);
    life.note(`subscribe ${handle.id} to ${handle.destination}, ${ack}, ${habit}`);
    void handle.closed.then((error) =>
      life.note(`subscription ${handle.id} ended: ${error?.code ?? 'on request'}`),
    );
    if (!handled) void this.#iterate(life, sub, habit);
  }

  async #iterate(life: Life, sub: Sub, habit: Habit): Promise<void> {
    const leavesAfter = this.#random.chance(0.2) ? this.#random.between(1, 5) : Number.POSITIVE_INFINITY;
    let count = 0;
    try {
      for await (const message of sub.handle) {
        await this.#onMessage(life, sub, message, habit === 'throw' ? 'prompt' : habit);
        if (++count < leavesAfter) continue;
        sub.left = true;
        break;
      }
    } catch (error) {
      const { code } = error as StompError;
      if (code !== 'STOMP_SUBSCRIBE_REFUSED' && code !== 'STOMP_NOT_CONNECTED')
        this.#expectEnd('an iteration', error, life);
    }
  }

  #unsubscribe(): void {
    const { life } = this;
    const open = [...life.subs.values()].filter(({ left, handle }) => !left && handle.state !== 'closed');
    if (open.length === 0) return;
    const sub = this.#random.pick(open);
    sub.left = true;
    life.note(`unsubscribe ${sub.handle.id}`);
    sub.handle.unsubscribe().catch((error) => life.fail(`unsubscribe failed: ${error}`));
  }

  #onMessage(life: Life, sub: Sub, message: Message, habit: Habit): unknown {
    const delivery = this.#checkMessage(life, sub, message);
    if (delivery === undefined) return undefined;
    if (habit === 'hoard' && !this.#calm) {
      this.#hoard.push(delivery);
      if (this.#hoard.length > 20) this.#hoard.shift();
      return undefined;
    }
    if (habit === 'slow') return this.#sleep(this.#random.after(100)).then(() => this.#ack(delivery));
    if (habit === 'reply' && !this.#calm && this.#random.chance(0.3) && life.pool?.state === 'connected')
      this.#publish(life.pool, '/queue/replies', 10);
    this.#ack(delivery);
    if (habit === 'throw' && this.#random.chance(0.5)) throw new Error('a handler that throws');
    return undefined;
  }

  #checkMessage(life: Life, sub: Sub, message: Message): Delivery | undefined {
    const id = message.headers.get('message-id') ?? '';
    const delivery = this.#world.delivered.get(id);
    if (delivery === undefined) {
      life.fail(`message ${id} was handed over, and never read`);
      return undefined;
    }
    const { wire, key, place } = delivery;
    if (delivery.message !== undefined) life.fail(`message ${id} was handed over twice`);
    delivery.message = message;
    if (wire.life !== life) life.fail(`message ${id} is another pool's`);
    if (delivery.sub !== sub.handle.id) life.fail(`message ${id} went to ${sub.handle.id}`);
    if (message.body.toString('latin1') !== this.#world.bodies.get(key))
      life.fail(`the body of ${key} was changed`);
    const lane = `${wire.name} ${delivery.sub}`;
    if (place < (this.#lastPlace.get(lane) ?? -1)) life.fail(`message ${id} behind a later one`);
    this.#lastPlace.set(lane, place);
    if (sub.ack !== 'auto' && wire.droppedAt !== undefined && wire.droppedStep < life.step)
      life.fail(`message ${id} of ${wire.name} was handed over after its end`);
    this.#checkOrder(life, delivery, message);
    return delivery;
  }

  /** What one publisher sent to one destination is delivered in that order, the first time. */
  #checkOrder(life: Life, { wire, sub, key, redelivered }: Delivery, message: Message): void {
    const [, publisher, place] = /^(.*)\.p(\d+)$/.exec(key) ?? [];
    if (publisher === undefined) return;
    const again = this.#seen.has(key);
    this.#seen.add(key);
    if (redelivered || again || !this.#world.cameOnce(key)) return;
    const lane = `${wire.name} ${sub} ${message.headers.get('destination')} ${publisher}`;
    if (Number(place) < (this.#lastKey.get(lane) ?? -1)) life.fail(`${key} was delivered behind a later one`);
    this.#lastKey.set(lane, Number(place));
  }

  #ackSome(): void {
    const count = this.#random.between(1, 4);
    for (let i = 0; i < count && this.#hoard.length > 0; i++) {
      const [delivery] = this.#hoard.splice(this.#random.between(0, this.#hoard.length - 1), 1);
      const how = this.#random.pick(['ack', 'ack', 'through', 'confirmed']);
      if (how === 'ack') this.#ack(delivery!);
      else if (how === 'through') this.#ackThrough(delivery!);
      else this.#ackConfirmed(delivery!);
    }
  }

  /** False for what is gone or done; true for what is not. */
  #ack(delivery: Delivery): void {
    const { wire, messageId } = delivery;
    const gave = delivery.message!.ack();
    wire.note(`ack() of ${messageId}: ${gave}`);
    if (gave) {
      if (!wire.alive) wire.life.fail(`ack() of ${messageId} gave true after ${wire.name} had ended`);
      if (delivery.ack === 'auto') wire.life.fail(`ack() of ${messageId} gave true in mode auto`);
      if (delivery.wanted) wire.life.fail(`ack() of ${messageId} gave true twice`);
      delivery.wanted = true;
      return;
    }
    const sub = wire.life.subs.get(delivery.sub)!;
    const open =
      wire.alive && !sub.left && sub.handle.state !== 'closed' && wire.life.pool?.state === 'connected';
    if (open && delivery.ack !== 'auto' && !delivery.wanted && wire.life.askedAt === undefined)
      wire.life.fail(`ack() of ${messageId} gave false`);
  }

  #ackThrough(delivery: Delivery): void {
    if (!delivery.message!.ackThrough()) return;
    for (const other of delivery.wire.deliveries) {
      if (other.sub === delivery.sub && other.place <= delivery.place) other.wanted = true;
    }
  }

  #ackConfirmed(delivery: Delivery): void {
    const { wire, messageId } = delivery;
    delivery.wanted = true;
    delivery.message!.ackConfirmed().then(
      () => {
        if (!delivery.acked)
          wire.life.fail(`ackConfirmed() of ${messageId} was resolved, and no ACK written`);
      },
      (error: StompError) => wire.note(`ackConfirmed() of ${messageId}: ${error.code}`),
    );
  }

  #expectEnd(what: string, error: unknown, life = this.life): void {
    if (life.over || life.askedAt !== undefined || life.pool?.state === 'closed') return;
    life.fail(`${what} failed: ${error}`);
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.#world.clock.schedule(ms, resolve));
  }
}
