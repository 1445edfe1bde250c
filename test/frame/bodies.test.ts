import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BodyCopier } from '../../src/frame/bodies.js';

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
        const copier = new BodyCopier(false);
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
      expect(new BodyCopier(false).copy(chunk, lead, lead + size, false).equals(wanted)).toBe(true);
    }
  });

  test('as Buffers like any other', () => {
    const copy = new BodyCopier(false).copy(Buffer.from('xxhello!'), 2, 7, false);
    expect(copy).toStrictEqual(Buffer.from('hello'));
    expect(Object.getPrototypeOf(copy)).toBe(Buffer.prototype);
  });

  test('a chunk that nobody uses again keeps large bodies, and gives small ones away', () => {
    const chunk = Buffer.alloc(8_192, 'x');
    const copier = new BodyCopier(false);
    expect(copier.copy(chunk, 0, 2_048, true).buffer).toBe(chunk.buffer);
    expect(copier.copy(chunk, 0, 2_047, true).buffer).not.toBe(chunk.buffer);
    expect(copier.copy(chunk, 0, 2_048, false).buffer).not.toBe(chunk.buffer);
    expect(new BodyCopier(true).copy(chunk, 3, 4, false).buffer).toBe(chunk.buffer);
  });
});
