import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BodyCopier } from '../../src/frame/bodies.js';
import { Chunk } from '../../src/frame/chunk.js';

/** One that is told of a chunk with each body. */
function copierOf(views = false) {
  const source = new Chunk();
  const copier = new BodyCopier(source, views);
  return {
    copy(chunk: Buffer, start: number, end: number, owned: boolean): Buffer {
      source.use(chunk);
      return copier.copy(start, end, owned);
    },
  };
}

/** Bytes that are no number, among them: eight at a time they have to stay as they are. */
const bytes = fc.uint8Array({ minLength: 1, maxLength: 1_100 });
const NOT_A_NUMBER = [0xff, 0xf0, 0x00, 0x01, 0x7f, 0xf8, 0xff, 0xff];

describe('bodies are copied as they stand', () => {
  test('wherever they begin and end, and whatever the chunk is a part of', () => {
    const cases = fc.array(fc.tuple(bytes, fc.nat({ max: 20 }), fc.nat({ max: 20 })), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(cases, fc.nat({ max: 9 }), fc.boolean(), (bodies, lead, isLast) => {
        const copier = copierOf();
        const kept = bodies.map(([body, before, after]) => {
          const memory = new Uint8Array(lead + before + body.length + (isLast ? 0 : after)).fill(0x2a);
          memory.set(body, lead + before);
          const chunk = Buffer.from(memory.buffer, lead);
          const copy = copier.copy(chunk, before, before + body.length, false);
          memory.fill(0x21); // it will be read into again
          return copy;
        });
        expect(kept.map((copy) => [...copy])).toEqual(bodies.map(([body]) => [...body]));
      }),
    );
  });

  test.each([1, 8, 16, 40, 632, 640, 641, 1_024, 1_025, 4_096])('%i bytes that are no numbers', (size) => {
    const wanted = Buffer.alloc(size, Buffer.from(NOT_A_NUMBER));
    for (let lead = 0; lead < 9; lead++) {
      const chunk = Buffer.concat([Buffer.alloc(lead), wanted, Buffer.alloc(9)]);
      expect(
        copierOf()
          .copy(chunk, lead, lead + size, false)
          .equals(wanted),
      ).toBe(true);
    }
  });

  test('as Buffers like any other', () => {
    const copy = copierOf().copy(Buffer.from('xxhello!'), 2, 7, false);
    expect(copy).toStrictEqual(Buffer.from('hello'));
    expect(Object.getPrototypeOf(copy)).toBe(Buffer.prototype);
  });

  test('a chunk that nobody uses again keeps large bodies, and gives small ones away', () => {
    const chunk = Buffer.alloc(8_192, 'x');
    const copier = copierOf();
    expect(copier.copy(chunk, 0, 2_048, true).buffer).toBe(chunk.buffer);
    expect(copier.copy(chunk, 0, 2_047, true).buffer).not.toBe(chunk.buffer);
    expect(copier.copy(chunk, 0, 2_048, false).buffer).not.toBe(chunk.buffer);
    expect(copierOf(true).copy(chunk, 3, 4, false).buffer).toBe(chunk.buffer);
  });
});

describe('the memory of small bodies', () => {
  const SLAB = 4_096;
  /** A chunk that is all of its memory. */
  const chunkOf = (size: number) => Buffer.from(new ArrayBuffer(size)).fill('x');

  test('is shared by as many as 4 KiB hold', () => {
    const copier = copierOf();
    const chunk = chunkOf(8_192);
    const kept = Array.from({ length: 17 }, (_, i) => copier.copy(chunk, i * 256, (i + 1) * 256, false));
    const [first] = kept;
    expect(kept.map(({ buffer }) => buffer === first!.buffer)).toEqual([...Array(16).fill(true), false]);
    expect(kept.map(({ buffer }) => buffer.byteLength)).toEqual(Array(17).fill(SLAB));
  });

  test('is shared up to 1 KiB; what is larger has its own', () => {
    const copier = copierOf();
    const sizes = [1_024, 1_025, 1_024].map(
      (size) => copier.copy(chunkOf(8_192), 0, size, false).buffer.byteLength,
    );
    expect(sizes).toEqual([SLAB, 1_025, SLAB]);
  });

  test('is shared by the last one of a chunk, also where that ends within a word', () => {
    const copier = copierOf();
    expect(copier.copy(chunkOf(64), 50, 64, false).buffer.byteLength).toBe(SLAB);
    expect(copier.copy(chunkOf(63), 50, 63, false).buffer.byteLength).toBe(SLAB);
  });

  test('is shared by bodies of different chunks', () => {
    const copier = copierOf();
    const chunks = ['a', 'b'].map((letter) => chunkOf(512).fill(letter));
    const kept = [0, 1, 0, 1].map((which) => copier.copy(chunks[which]!, 100, 110, false));
    expect(kept.map(String)).toEqual(['a', 'b', 'a', 'b'].map((letter) => letter.repeat(10)));
    expect(new Set(kept.map(({ buffer }) => buffer)).size).toBe(1);
  });

  test('is none where there are no bytes', () => {
    const copier = copierOf();
    expect(copier.copy(chunkOf(64), 5, 5, false)).toBe(copier.copy(chunkOf(64), 9, 9, false));
  });
});
