import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rotation } from '../../src/pool/rotation.js';
import { Endpoint } from '../../src/transport/endpoint.js';

const hosts = (count: number): Endpoint[] =>
  Array.from({ length: count }, (_, index) => new Endpoint({ host: `h${index}` }));

const take = (rotation: Rotation, count: number): Endpoint[] =>
  Array.from({ length: count }, () => rotation.next());

const names = (endpoints: Endpoint[]): string => endpoints.map((endpoint) => endpoint.host).join(' ');

/** A small generator with a seed (mulberry32), so that a count is the same in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const noChance = (): number => {
  throw new Error('random was asked for');
};

describe('in the configured order', () => {
  it.each([
    [1, 'h0 h0 h0'],
    [2, 'h0 h1 h0 h1 h0'],
    [3, 'h0 h1 h2 h0 h1 h2 h0'],
  ])('%i hosts', (count, order) => {
    const rotation = new Rotation(hosts(count), { randomize: false, random: noChance });
    expect(names(take(rotation, order.split(' ').length))).toBe(order);
  });

  it('keeps two entries of one host apart', () => {
    const [a, b] = hosts(2) as [Endpoint, Endpoint];
    const rotation = new Rotation([a, a, b], { randomize: false, random: noChance });
    expect(names(take(rotation, 6))).toBe('h0 h0 h1 h0 h0 h1');
  });
});

describe('peek', () => {
  it.each([false, true])(
    'agrees with the next that follows, however often it is asked (randomize: %s)',
    (randomize) => {
      const rotation = new Rotation(hosts(3), { randomize, random: seeded(7) });
      for (let dial = 0; dial < 300; dial++) {
        const expected = rotation.peek();
        if (dial % 2) expect(rotation.peek()).toBe(expected);
        expect(rotation.next()).toBe(expected);
      }
    },
  );

  it('does not change the order', () => {
    const plain = new Rotation(hosts(5), { randomize: true, random: seeded(3) });
    const peeked = new Rotation(hosts(5), { randomize: true, random: seeded(3) });
    const order = Array.from({ length: 50 }, () => {
      peeked.peek();
      return peeked.next().host;
    });
    expect(order.join(' ')).toBe(names(take(plain, 50)));
  });
});

describe('shuffled', () => {
  it('has each entry once in a round, and none twice in a row', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer(), (count, seed) => {
        const list = hosts(count);
        const rotation = new Rotation(list, { randomize: true, random: seeded(seed) });
        let last: Endpoint | undefined;
        for (let round = 0; round < 10; round++) {
          const dialled = take(rotation, count);
          expect(new Set(dialled).size).toBe(count);
          if (count > 1) expect(dialled[0]).not.toBe(last);
          last = dialled.at(-1);
        }
      }),
    );
  });

  it('has an entry that is listed twice twice in a round', () => {
    const [a, b] = hosts(2) as [Endpoint, Endpoint];
    const rotation = new Rotation([a, a, b], { randomize: true, random: seeded(1) });
    for (let round = 0; round < 20; round++) {
      expect(names(take(rotation, 3)).split(' ').sort().join(' ')).toBe('h0 h0 h1');
    }
  });

  it('dials each host first about equally often', () => {
    const list = hosts(4);
    const random = seeded(42);
    const first = new Map<Endpoint, number>();
    for (let run = 0; run < 8_000; run++) {
      const endpoint = new Rotation(list, { randomize: true, random }).next();
      first.set(endpoint, (first.get(endpoint) ?? 0) + 1);
    }
    // 2,000 each; six standard deviations are about 230.
    for (const endpoint of list) expect(Math.abs(first.get(endpoint)! - 2_000)).toBeLessThan(230);
  });

  it('begins a later round with each of the others about equally often', () => {
    const list = hosts(4);
    const random = seeded(43);
    const pairs = new Map<string, number>();
    for (let run = 0; run < 12_000; run++) {
      const dialled = take(new Rotation(list, { randomize: true, random }), 5);
      const pair = names([dialled[3]!, dialled[4]!]);
      pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
    }
    // 12 ordered pairs of different hosts, 1,000 each; six standard deviations are about 182.
    expect(pairs.size).toBe(12);
    for (const count of pairs.values()) expect(Math.abs(count - 1_000)).toBeLessThan(182);
  });

  it('only shuffles between rounds', () => {
    let asked = 0;
    const random = (): number => {
      asked++;
      return 0;
    };
    const rotation = new Rotation(hosts(3), { randomize: true, random });
    const before = asked;
    take(rotation, 3);
    expect(asked).toBe(before);
    rotation.next();
    expect(asked).toBeGreaterThan(before);
  });

  it.each([0, 0.5, 1 - Number.EPSILON, 1])('stands a random that always gives %d', (chance) => {
    const rotation = new Rotation(hosts(3), { randomize: true, random: () => chance });
    for (let round = 0; round < 4; round++) expect(new Set(take(rotation, 3)).size).toBe(3);
  });

  it('leaves the list as it was', () => {
    const list = Object.freeze(hosts(3));
    take(new Rotation(list, { randomize: true, random: seeded(5) }), 30);
    expect(names([...list])).toBe('h0 h1 h2');
  });
});

describe('an endpoint that was taken out of turn', () => {
  const [a, b, c] = hosts(3) as [Endpoint, Endpoint, Endpoint];
  const inOrder = () => new Rotation([a, b, c], { randomize: false, random: noChance });

  it.each<[Endpoint, string]>([
    [a, 'h1 h2 h0 h1'],
    [b, 'h2 h0 h1 h2'],
    [c, 'h0 h1 h2 h0'],
  ])('goes on behind %s', (taken, order) => {
    const fresh = inOrder();
    fresh.took(taken);
    expect(names(take(fresh, 4))).toBe(order);
    const going = inOrder();
    take(going, 2);
    going.took(taken);
    expect(names(take(going, 4))).toBe(order);
  });

  it('of another list changes nothing', () => {
    const rotation = inOrder();
    rotation.next();
    rotation.took(new Endpoint({ host: 'other' }));
    expect(names(take(rotation, 3))).toBe('h1 h2 h0');
  });
});

describe('how often random is asked', () => {
  function counted(count: number): [Rotation, () => number] {
    let asked = 0;
    const random = (): number => {
      asked++;
      return 0.999;
    };
    return [new Rotation(hosts(count), { randomize: true, random }), () => asked];
  }

  it.each([1, 2, 5])('for a shuffle of %i: once for each but the last', (count) => {
    const [, asked] = counted(count);
    expect(asked()).toBe(count - 1);
  });

  it('never for one host, however many rounds', () => {
    const [rotation, asked] = counted(1);
    take(rotation, 5);
    expect(asked()).toBe(0);
  });
});
