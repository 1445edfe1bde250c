import { describe, expect, it } from 'vitest';
import { Line } from '../../src/transport/line.js';

/** An output that is full after so many frames, until it drains in a later turn. */
function world(room: number) {
  let frames = 0;
  let drains = 0;
  const output = {
    get full() {
      return frames >= room;
    },
  };
  const drain = () => {
    drains++;
    return new Promise<void>((resolve) =>
      setImmediate(() => {
        frames = 0;
        resolve();
      }),
    );
  };
  return { output, drain, send: () => void frames++, seen: () => drains };
}

describe('those who wait for room', () => {
  it('go in the order they came, and are woken about once each time there is room', async () => {
    const { output, drain, send, seen } = world(10);
    const line = new Line();
    const order: number[] = [];
    const publish = async (i: number) => {
      await line.pass(output, drain);
      send();
      order.push(i);
    };
    await Promise.all(Array.from({ length: 1_000 }, (_, i) => publish(i)));
    expect(order).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
    expect(line.length).toBe(0);
    expect(seen()).toBeLessThanOrEqual(100); // each waking all of those who wait: 50,000
  });

  it('do not wait for one whose drain failed', async () => {
    const line = new Line();
    const failing = line.pass({ full: true }, () => Promise.reject(new Error('closed')));
    const next = line.pass({ full: false }, () => Promise.reject(new Error('not asked')));
    await expect(failing).rejects.toThrow('closed');
    await next;
    expect(line.length).toBe(0);
  });
});
