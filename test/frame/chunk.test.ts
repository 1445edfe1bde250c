import { describe, expect, test } from 'vitest';
import { Chunk } from '../../src/frame/chunk.js';

const counting = (size: number) => Buffer.from(new ArrayBuffer(size)).map((_, i) => i + 1) as Buffer;
const chunkOf = (bytes: Buffer) => {
  const chunk = new Chunk();
  chunk.use(bytes);
  return chunk;
};

describe('a chunk', () => {
  test('has a view over its bytes, made once', () => {
    const chunk = chunkOf(counting(64).subarray(10, 20));
    const { view } = chunk;
    expect([view.byteLength, view.getUint8(0)]).toEqual([10, 11]);
    expect(chunk.view).toBe(view);
    chunk.use(counting(64).subarray(3, 8));
    expect([chunk.view.byteLength, chunk.view.getUint8(0)]).toEqual([5, 4]);
  });

  test('keeps its words while the memory is the same, and has others for another', () => {
    const memory = counting(64);
    const chunk = chunkOf(memory.subarray(0, 16));
    const to = new BigUint64Array(1);
    const first = () => {
      chunk.copyWords(0, 1, to, 0);
      return new Uint8Array(to.buffer)[0];
    };
    expect(first()).toBe(1);
    chunk.use(memory.subarray(16, 32));
    expect(first()).toBe(17);
    chunk.use(counting(16).fill(99));
    expect(first()).toBe(99);
  });

  test.each([
    [0, 0, 0, 0],
    [3, 2, 2, 0],
    [0, 0, 8, 1],
    [0, 0, 9, 2],
    [0, 7, 9, 2],
    [0, 8, 16, 1],
    [7, 0, 1, 1],
    [7, 0, 2, 2],
    [7, 1, 9, 1],
    [3, 2, 60, 8],
  ])('that begins at %i: bytes %i to %i lie in %i words', (offset, start, end, words) => {
    expect(chunkOf(counting(80).subarray(offset)).wordsOf(start, end)).toBe(words);
  });

  test('copies words so that bytes stand as they stood in theirs', () => {
    const bytes = counting(40).subarray(3);
    const chunk = chunkOf(bytes);
    const to = new BigUint64Array(4);
    expect(chunk.copyWords(7, 2, to, 1)).toBe(true); // from byte 10 of the memory, in its second word
    const copied = Buffer.from(to.buffer);
    expect([...copied.subarray(8 + 2, 24)]).toEqual([...bytes.subarray(7, 21)]);
    expect([...copied.subarray(0, 8), ...copied.subarray(24)].every((byte) => byte === 0)).toBe(true);
  });

  test('does not copy a word that is not whole in the memory', () => {
    const chunk = chunkOf(counting(23));
    const to = new BigUint64Array(3);
    expect(chunk.copyWords(0, 3, to, 0)).toBe(false);
    expect([...to]).toEqual([0n, 0n, 0n]);
    expect(chunk.copyWords(0, 2, to, 0)).toBe(true);
  });
});
