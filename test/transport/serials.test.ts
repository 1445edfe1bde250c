import { describe, expect, it } from 'vitest';
import { SerialWriter } from '../../src/transport/serials.js';

describe('SerialWriter', () => {
  it('writes what String would, in any order', () => {
    const writer = new SerialWriter();
    const numbers = [
      0, 1, 9, 10, 99, 100, 999, 1_000, 1_001, 1_999, 2_000, 10_007, 999_999, 1_000_000, 1_000, 7,
    ];
    numbers.push(Number.MAX_SAFE_INTEGER, 1_234_567_890_123);
    expect(numbers.map((n) => writer.text(n))).toEqual(numbers.map(String));
    for (let n = 0; n < 12_345; n++) if (writer.text(n) !== String(n)) expect.fail(`${n}`);
  });
});
