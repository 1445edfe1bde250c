import { describe, expect, test } from 'vitest';
import { GrowingBuffer } from '../../src/frame/buffers.js';

const append = (to: GrowingBuffer, size: number) => to.append(Buffer.alloc(size, 'x'), 0, size);

describe('a buffer that grows', () => {
  test('stays where it is while there is room', () => {
    const buffer = new GrowingBuffer();
    buffer.reserve(10, 1_000);
    const { bytes } = buffer;
    expect(bytes).toHaveLength(10);
    buffer.reserve(10, 1_000);
    append(buffer, 4);
    append(buffer, 6);
    expect(buffer.bytes).toBe(bytes);
    expect(buffer.room).toHaveLength(0);
  });

  test('doubles, from 256 bytes on, up to its ceiling', () => {
    const buffer = new GrowingBuffer();
    const sizes = [1, 255, 1, 257, 600].map((size) => {
      append(buffer, size);
      return buffer.bytes.length;
    });
    expect(sizes).toEqual([256, 256, 512, 1_024, 2_048]);
    const bound = new GrowingBuffer();
    bound.reserve(300, 500);
    append(bound, 301);
    expect(bound.bytes).toHaveLength(500);
  });

  test('keeps its content as it grows', () => {
    const buffer = new GrowingBuffer();
    for (const letter of 'abc') buffer.append(Buffer.alloc(300, letter), 100, 300);
    expect(buffer.take().toString()).toBe('a'.repeat(200) + 'b'.repeat(200) + 'c'.repeat(200));
  });

  test('keeps 4 KiB for the next time, and no more', () => {
    for (const [size, kept] of [
      [4_096, 4_096],
      [4_097, 0],
    ] as const) {
      const buffer = new GrowingBuffer();
      buffer.reserve(size, size);
      append(buffer, 1);
      buffer.clear();
      expect([buffer.length, buffer.bytes.length]).toEqual([0, kept]);
    }
  });

  test('gives its content away as it is, and begins anew', () => {
    const buffer = new GrowingBuffer();
    buffer.reserve(10, 10);
    append(buffer, 10);
    const { bytes } = buffer;
    expect(buffer.take()).toBe(bytes);
    append(buffer, 300); // above the ceiling, which was for the content before
    expect(buffer.take()).toHaveLength(300);
  });
});
