import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HeaderValue } from '../../src/frame/serializer.js';
import { Output } from '../../src/transport/output.js';
import { turn } from '../support/virtual-clock.js';
import { open, recorder } from './support.js';

/** Small frames of ASCII are joined as text, all others copied by themselves: lengths on both sides of each edge. */
const EDGES = [0, 1, 15, 511, 512, 513, 4_000, 8_192, 32_000, 32_768, 65_536, 196_608, 262_144, 300_000];
const length = fc.oneof(
  { weight: 4, arbitrary: fc.nat(600) },
  { weight: 1, arbitrary: fc.constantFrom(...EDGES) },
);
const character = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('a', '0', '\n', '\0', '\x7f') },
  { weight: 1, arbitrary: fc.constantFrom('\x80', 'é', '€', '𝄞', '\ud800', '\udc00') },
);
const body = fc.oneof(
  { weight: 3, arbitrary: length.map((size) => 'x'.repeat(size)) },
  { weight: 2, arbitrary: fc.string({ unit: character, maxLength: 600 }) },
  { weight: 1, arbitrary: fc.tuple(length, character).map(([size, last]) => 'y'.repeat(size) + last) },
);
const head = fc.oneof(
  { weight: 4, arbitrary: fc.nat(60).map((size) => `SEND\n${'h'.repeat(size)}\n\n`) },
  { weight: 1, arbitrary: fc.constantFrom(4_080, 4_096, 5_000).map((size) => 'h'.repeat(size)) },
  { weight: 1, arbitrary: fc.constant('SEND\na:\xe2\x82\xac\xff\n\n') },
);

type Step =
  | {
      readonly does: 'frame';
      readonly head: string;
      readonly body: string;
      readonly isSend: boolean;
      /** The caller has the head behind a NUL in one piece. */
      readonly hasChained: boolean;
    }
  | { readonly does: 'flush' | 'turn' | 'stall' | 'take' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      does: fc.constant('frame' as const),
      head,
      body,
      isSend: fc.boolean(),
      hasChained: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constantFrom('flush' as const, 'turn', 'stall', 'take') }) },
);

/** Takes what is written at once, or when it is told to. */
class Sink {
  readonly pieces: Buffer[] = [];
  bytesTaken = 0;
  onWrite: (() => void) | undefined;
  /** Each time that something left, whether alone or together. */
  calls = 0;
  #held: Array<() => void> | undefined;
  #corked: Array<() => void> | undefined;

  write(bytes: Buffer, written: () => void): void {
    this.onWrite?.();
    // The slab is used again once this says so; what was copied too early would be wrong.
    const take = () => {
      this.pieces.push(Buffer.from(bytes));
      this.bytesTaken += bytes.length;
      written();
    };
    if (this.#corked !== undefined) this.#corked.push(take);
    else this.#leave([take]);
  }

  cork(): void {
    expect(this.#corked).toBeUndefined();
    this.#corked = [];
  }

  uncork(): void {
    const takes = this.#corked!;
    this.#corked = undefined;
    if (takes.length > 0) this.#leave(takes);
  }

  #leave(takes: ReadonlyArray<() => void>): void {
    this.calls++;
    if (this.#held !== undefined) this.#held.push(...takes);
    else for (const take of takes) take();
  }

  stall(): void {
    this.#held ??= [];
  }

  take(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const take of held) take();
  }

  get wire(): Buffer {
    return Buffer.concat(this.pieces);
  }
}

type Frame = Extract<Step, { does: 'frame' }>;

function wireOf({ head, body }: Frame): Buffer {
  return Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body), Buffer.from([0])]);
}

/** Runs the steps and compares what is pending with what the sink has taken, after each. */
async function run(steps: readonly Step[], asBytes: boolean): Promise<Buffer> {
  const sink = new Sink();
  const output = new Output(sink);
  const ends: Array<{ readonly at: number; readonly isSend: boolean }> = [];
  let accepted = 0;
  for (const step of steps) {
    if (step.does === 'frame') {
      const bytes = Buffer.from(step.body);
      const chained = step.hasChained ? `\0${step.head}` : undefined;
      output.frame(step.head, asBytes ? bytes : step.body, bytes.length, step.isSend, chained);
      accepted += step.head.length + bytes.length + 1;
      ends.push({ at: accepted, isSend: step.isSend });
    } else if (step.does === 'flush') output.flush();
    else if (step.does === 'turn') await turn();
    else sink[step.does]();
    expect(output.pendingBytes).toBe(accepted - sink.bytesTaken);
    expect(output.pendingSends).toBe(ends.filter(({ at, isSend }) => isSend && at > sink.bytesTaken).length);
  }
  await turn();
  sink.take();
  expect([output.pendingBytes, output.pendingSends]).toEqual([0, 0]);
  return sink.wire;
}

describe('text that is joined, and bytes that are copied', () => {
  it('are the same on the wire, and what is pending is exact at every step', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const expected = Buffer.concat(steps.filter((each) => each.does === 'frame').map(wireOf));
        expect((await run(steps, false)).equals(expected)).toBe(true);
        expect((await run(steps, true)).equals(expected)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it('many small ones leave in pieces while more is made, and stay in order', async () => {
    const sink = new Sink();
    const output = new Output(sink);
    const frames = Array.from({ length: 20_000 }, (_, i) => `${i}`.padStart(40, '.'));
    for (const text of frames) output.frame('SEND\n\n', text, text.length);
    expect(sink.pieces.length).toBeGreaterThan(2);
    expect(output.full).toBe(false);
    await turn();
    expect(sink.wire.toString() === frames.map((text) => `SEND\n\n${text}\0`).join('')).toBe(true);
  });

  it('large bodies leave together, up to 256 KiB and one body', async () => {
    const sink = new Sink();
    const output = new Output(sink);
    const body = Buffer.alloc(65_536, 'b');
    for (let i = 0; i < 10; i++) output.frame('SEND\n\n', body, body.length);
    expect([sink.calls, sink.pieces.length]).toEqual([2, 16]); // four heads and four bodies, twice
    await turn();
    expect([sink.calls, output.pendingBytes]).toEqual([3, 0]);
    expect(sink.wire.toString()).toBe(`SEND\n\n${body}\0`.repeat(10));
  });

  it.each([10, 600, 40_000, 300_000])(
    'frames made within a write follow the one of %i bytes under way',
    async (size) => {
      const sink = new Sink();
      const output = new Output(sink);
      let left = 3;
      sink.onWrite = () => left-- > 0 && output.frame('LATE\n\n', Buffer.from(`${left}`), 1);
      const large = Buffer.alloc(size, 'b');
      for (let i = 0; i < 4; i++) output.frame('SEND\n\n', large, size);
      await turn();
      await turn();
      output.flush();
      const frames = sink.wire.toString().split('\0').slice(0, -1);
      expect(frames.filter((frame) => frame.startsWith('SEND'))).toEqual(Array(4).fill(`SEND\n\n${large}`));
      expect(frames.filter((frame) => frame.startsWith('LATE')).length).toBe(3 - Math.max(left, 0));
      expect(output.pendingBytes).toBe(0);
    },
  );
});

const sent = fc.record({
  destination: fc.constantFrom('/queue/a', '/queue/é€', '/topic/c'),
  text: body,
  headers: fc.option(
    fc.dictionary(
      fc.constantFrom('priority', 'reply-to', 'é'),
      fc.oneof(
        fc.constantFrom<HeaderValue>(4, true, 'plain', '€'),
        fc.uint8Array({ maxLength: 3, min: 128 }),
      ),
    ),
    { nil: undefined },
  ),
  contentLength: fc.constantFrom(undefined, true),
  persistent: fc.constantFrom(undefined, true, false),
});

describe('send', () => {
  it('writes the same of a text and of its bytes, watched and unwatched', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(sent, { maxLength: 30 }), async (sends) => {
        const watcher = recorder(['onFrameOut', 'onBytesOut']);
        const plain = await open();
        const watched = await open({ observer: watcher.observer });
        for (const { transport } of [plain, watched]) await transport.take();
        const shown = watcher.events.length;
        for (const { destination, text, ...options } of sends) {
          plain.connection.send(destination, text, options);
          watched.connection.send(destination, Buffer.from(text), options);
        }
        const wire = await plain.transport.take();
        expect((await watched.transport.take()) === wire).toBe(true);
        const events = watcher.events.slice(shown);
        const bytes = events.filter(({ name }) => name === 'onBytesOut').map(({ event }) => event.bytes);
        expect(Buffer.concat(bytes).toString('latin1') === wire).toBe(true);
        const bodies = events
          .filter(({ name }) => name === 'onFrameOut')
          .map(({ event }) => event.frame.body);
        expect(bodies.map(String)).toEqual(sends.map(({ text }) => Buffer.from(text).toString()));
      }),
      { numRuns: 60 },
    );
  });
});

describe('how much goes out in one turn', () => {
  const HEAD = 'SEND\n\n';

  it.each([
    ['joined text', 'x'.repeat(100)],
    ['text that is copied', 'x'.repeat(1_000)],
    ['bytes that are not', Buffer.alloc(40_000)],
  ])('2 MiB of %s, though all is taken at once, and as much in the next', async (_, body) => {
    const sink = new Sink();
    const output = new Output(sink);
    for (let round = 0; round < 3; round++) {
      let bytes = 0;
      while (!output.full) {
        output.frame(HEAD, body, body.length, true);
        bytes += HEAD.length + body.length + 1;
      }
      expect(bytes).toBeGreaterThan(2_097_152);
      expect(bytes).toBeLessThanOrEqual(2_097_152 + HEAD.length + body.length + 1);
      let drained = false;
      output.onDrain(() => {
        drained = true;
      });
      expect([drained, output.pendingBytes <= 262_144]).toEqual([false, true]);
      await turn();
      expect([drained, output.full, output.pendingBytes]).toEqual([true, false, 0]);
    }
  });
});
