import type { StompError } from '../../src/errors.js';
import type { Pool } from '../../src/pool/index.js';
import type { Random } from '../support/sim-random.js';
import { type Delivery, keyOf } from './facts.js';
import type { Life } from './life.js';
import type { World } from './world.js';

interface Transacted {
  readonly name: string;
  readonly keys: string[];
  outcome: 'pending' | 'resolved' | string;
}

/** Codes after which the broker may have committed. */
const UNKNOWN = ['STOMP_COMMIT_UNKNOWN', 'STOMP_RECEIPT_TIMEOUT', 'STOMP_READ_BUFFER_FULL'];

class Undone extends Error {}

/** The transactions of one user: all of one happens, or nothing. */
export class Transacting {
  readonly #world: World;
  readonly #random: Random;
  readonly #all: Transacted[] = [];

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random.fork();
  }

  begin(life: Life, pool: Pool, hoard: Delivery[], newBody: () => string): void {
    const random = this.#random;
    const record: Transacted = {
      name: `${life.name} transaction ${this.#all.length + 1}`,
      keys: [],
      outcome: 'pending',
    };
    this.#all.push(record);
    const work = pool.transaction(async (tx) => {
      for (let i = random.between(1, 4); i > 0; i--) {
        const body = newBody();
        tx.send('/queue/tx', body, { persistent: true });
        life.transactedSends++;
        record.keys.push(keyOf(body));
        if (random.chance(0.3)) await this.#sleep(random.after(50));
      }
      const delivery = hoard.shift();
      if (delivery !== undefined && tx.ack(delivery.message!)) {
        if (!delivery.wire.alive)
          life.fail(`tx.ack() of ${delivery.messageId} gave true after its connection`);
        delivery.wanted = true;
      }
      if (random.chance(0.2)) throw new Undone();
    });
    work.then(
      () => this.#settle(life, record, 'resolved'),
      (error: StompError) =>
        this.#settle(life, record, error instanceof Undone ? 'undone' : (error.code ?? String(error))),
    );
  }

  /** `happened`: the keys of all that came into a broker and was not taken back. */
  check(happened: ReadonlySet<string>): void {
    for (const { name, keys, outcome } of this.#all) {
      const there = keys.filter((key) => happened.has(key)).length;
      const what = `${name} is ${outcome}, and ${there} of ${keys.length} messages are there`;
      const maybe = UNKNOWN.includes(outcome) && (there === keys.length || this.#world.ordersErrors);
      if (outcome === 'pending') this.#world.fail(`${name} was never settled`);
      else if (outcome !== 'resolved' && there > 0 && !maybe) this.#world.fail(what);
      else if (outcome === 'resolved' && there < keys.length && !this.#world.ordersErrors)
        this.#world.fail(what);
    }
  }

  #settle(life: Life, record: Transacted, outcome: string): void {
    if (record.outcome !== 'pending') life.fail(`${record.name} was settled twice`);
    record.outcome = outcome;
    life.note(`${record.name}: ${outcome}`);
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.#world.clock.schedule(ms, resolve));
  }
}
