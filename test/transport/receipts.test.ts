import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TransportError } from '../../src/errors.js';
import { Receipts, type ReceiptWaiter } from '../../src/transport/receipts.js';
import { turn, VirtualClock } from '../support/virtual-clock.js';

const TIMEOUT_MS = 1_000;

/** Receipts beside a map that says what they should hold, and when each is due. */
class World {
  readonly clock = new VirtualClock();
  count = 0;
  readonly receipts = new Receipts(this.clock, TIMEOUT_MS, (count) => {
    this.count = count;
  });
  readonly open = new Map<number, { readonly waiter: ReceiptWaiter; readonly dueAt: number }>();
  readonly told: string[] = [];
  #last = 0;

  ask(times: number): void {
    for (let i = 0; i < times; i++) {
      const id = ++this.#last;
      const tell = (how: string) => () => void this.told.push(`${id} ${how}`);
      const waiter = { received: tell('received'), failed: tell('failed'), lost: tell('lost') };
      expect(this.receipts.ask(waiter)).toBe(String(id));
      this.open.set(id, { waiter, dueAt: this.clock.now() + TIMEOUT_MS });
    }
  }

  /** Of the ids so far and a few beside: one is answered, perhaps again. */
  take(which: number): void {
    const id = (which % (this.#last + 3)) - 1;
    expect(this.receipts.take(id)).toBe(this.open.get(id)?.waiter);
    this.open.delete(id);
  }

  async wait(ms: number): Promise<void> {
    await this.clock.advance(ms);
    const overdue = [...this.open].filter(([, { dueAt }]) => dueAt <= this.clock.now()).map(([id]) => id);
    expect(this.told.splice(0)).toEqual(overdue.map((id) => `${id} failed`));
    for (const id of overdue) this.open.delete(id);
  }

  lose(): void {
    this.receipts.loseAll(new TransportError('STOMP_CONNECTION_LOST', 'stomp://a:1', 'gone'));
    expect(this.told.splice(0)).toEqual([...this.open.keys()].map((id) => `${id} lost`));
    this.open.clear();
  }

  check(): void {
    expect([this.receipts.size, this.count]).toEqual([this.open.size, this.open.size]);
    expect([...this.receipts.waiters()]).toEqual([...this.open.values()].map(({ waiter }) => waiter));
  }
}

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('ask' as const), times: fc.integer({ min: 1, max: 40 }) }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('take' as const), which: fc.nat(400) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('takeFirst' as const), times: fc.integer({ min: 1, max: 60 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 700 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lose' as const) }) },
);

it('gives each receipt to who asked for it, in any order, once, in time or as failed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const world = new World();
      for (const each of steps) {
        if (each.do === 'ask') world.ask(each.times);
        else if (each.do === 'take') world.take(each.which);
        else if (each.do === 'takeFirst')
          for (const id of [...world.open.keys()].slice(0, each.times)) world.take(id + 1);
        else if (each.do === 'wait') await world.wait(each.ms);
        else world.lose();
        await turn(); // what was asked for is given its time
        world.check();
      }
      await world.wait(TIMEOUT_MS);
      expect(world.clock.pending).toEqual([]);
    }),
    { numRuns: 500 },
  );
}, 60_000);

it('holds a hundred thousand, answered from the last to the first, and goes on from there', () => {
  const world = new World();
  world.ask(100_000);
  for (let id = 100_000; id > 0; id--) world.take(id + 1);
  world.check();
  world.ask(3);
  world.check();
});

it('keeps the time of each when there have to be more places', async () => {
  const world = new World();
  for (const times of [10, 10, 100]) {
    world.ask(times);
    await turn();
    await world.wait(300);
  }
  await world.wait(150);
  await world.wait(300);
  await world.wait(300);
  expect(world.open.size).toBe(0);
});
