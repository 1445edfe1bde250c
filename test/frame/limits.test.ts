import { afterEach, describe, expect, test, vi } from 'vitest';
import { ConfigError } from '../../src/errors.js';
import { DEFAULT_LIMITS, FrameParser } from '../../src/frame/index.js';
import { faultOf } from '../support/frames.js';

const MIB = 1_048_576;

afterEach(() => {
  vi.restoreAllMocks();
});

function push(wire: string, limits?: Partial<typeof DEFAULT_LIMITS>): void {
  new FrameParser(() => {}, { limits }).push(Buffer.from(wire));
}

/** The largest buffer that is made while `action` runs. */
function largestBuffer(action: () => void): number {
  const sizes = [0];
  for (const name of ['alloc', 'allocUnsafe', 'allocUnsafeSlow'] as const) {
    const make = Buffer[name].bind(Buffer);
    vi.spyOn(Buffer, name).mockImplementation((size: number) => {
      sizes.push(size);
      return make(size);
    });
  }
  action();
  vi.restoreAllMocks();
  return Math.max(...sizes);
}

describe('P17 limits', () => {
  test('P17 their defaults', () => {
    expect(DEFAULT_LIMITS).toEqual({
      maxCommandBytes: 256,
      maxHeaderLineBytes: 65_536,
      maxHeaders: 1_000,
      maxBodyBytes: 134_217_728,
    });
    expect(Object.isFrozen(DEFAULT_LIMITS)).toBe(true);
  });

  test('P17 the defaults hold without options', () => {
    expect(faultOf(() => push('x'.repeat(258))).limit?.name).toBe('maxCommandBytes');
    expect(faultOf(() => push(`MESSAGE\n${'x'.repeat(65_538)}`)).limit?.name).toBe('maxHeaderLineBytes');
    expect(faultOf(() => push(`MESSAGE\n${'k:v\n'.repeat(1_001)}`)).limit?.name).toBe('maxHeaders');
    expect(faultOf(() => push('MESSAGE\ncontent-length:134217729\n\n')).limit?.name).toBe('maxBodyBytes');
    push(`${'x'.repeat(256)}\n${'x'.repeat(65_536)}\n${'k:v\n'.repeat(999)}\n\0`);
    push('MESSAGE\ncontent-length:134217728\n\n');
  });

  test.each([
    ['maxCommandBytes', 5, 'command', 'MESSAGE\n\n\0'],
    ['maxHeaderLineBytes', 5, 'headers', 'MESSAGE\nfoo:bar\n\n\0'],
    ['maxHeaders', 1, 'headers', 'MESSAGE\na:1\nb:2\n\n\0'],
    ['maxBodyBytes', 5, 'body', 'MESSAGE\n\nbodies\0'],
    ['maxBodyBytes', 5, 'body', 'MESSAGE\ncontent-length:6\n\nbodies\0'],
  ] as const)('P17 the error names %s, what it is (%i) and what was met', (name, max, state, wire) => {
    const error = faultOf(() => push(wire, { [name]: max }));
    expect(error).toMatchObject({ code: 'STOMP_FRAME_TOO_LARGE', state, limit: { name, max } });
    expect(error.limit!.actual).toBeGreaterThan(max);
    expect(error.message).toContain(name);
    expect(error.message).toContain(String(max));
  });

  test.each([
    ['a whole line', 'MESSAGE\na:b\nfoo:bar\n', 7],
    ['one byte more than is allowed', 'MESSAGE\na:b\nfoo:ba\n', 6],
    ['the part of a line that is there', 'MESSAGE\na:b\nfoo:barbaz', 10],
  ])('P17 and how many bytes were met: %s', (_, wire, actual) => {
    expect(faultOf(() => push(wire, { maxHeaderLineBytes: 5 })).limit?.actual).toBe(actual);
  });

  test.each([
    [5, 'STOMP_FRAME_BAD_COMMAND'],
    [6, 'STOMP_FRAME_TOO_LARGE'],
  ])('P3 P17 a NUL behind %i bytes of a command that is too long: %s', (at, code) => {
    const wire = `${'x'.repeat(at)}\0${'x'.repeat(20)}\n`;
    expect(faultOf(() => push(wire, { maxCommandBytes: 5 })).code).toBe(code);
  });

  test('P17 it is for each line, not for all of them', () => {
    push(`MESSAGE\n${'abc:de\n'.repeat(50)}\n\0`, { maxHeaderLineBytes: 6 });
  });

  test('P17 a counted body that is too large is refused before there is a buffer for it', () => {
    const limits = { maxBodyBytes: 8 * MIB };
    const wire = `MESSAGE\ncontent-length:${8 * MIB + 1}\n\nabc`;
    expect(largestBuffer(() => faultOf(() => push(wire, limits)))).toBeLessThan(65_536);
  });

  test('P17 a counted body is as large as it may be, and no larger, also behind heads like its own', () => {
    const frame = (size: number) => `MESSAGE\ncontent-length:${size}\n\n${'x'.repeat(size)}\0`;
    const few = [1, 2, 3, 4].map(frame).join('');
    push(few + frame(5), { maxBodyBytes: 5 });
    const error = faultOf(() => push(few + frame(6), { maxBodyBytes: 5 }));
    expect(error).toMatchObject({
      code: 'STOMP_FRAME_TOO_LARGE',
      limit: { name: 'maxBodyBytes', actual: 6 },
    });
  });

  test('P17 a number in a header claims no more than 1 MiB before the body comes', () => {
    expect(largestBuffer(() => push(`MESSAGE\ncontent-length:${100 * MIB}\n\nabc`))).toBeLessThanOrEqual(MIB);
  });

  test('P17 a body above that is gathered in a buffer of about its size', () => {
    const size = 5 * MIB + 3;
    const bodies: Buffer[] = [];
    const parser = new FrameParser((frame) => bodies.push(frame.body));
    parser.push(Buffer.from(`MESSAGE\ncontent-length:${size}\n\n`));
    for (let sent = 0; sent < size; sent += 65_536)
      parser.push(Buffer.alloc(Math.min(65_536, size - sent), 'x'));
    parser.push(Buffer.from('\0'));
    expect(bodies[0]!.length).toBe(size);
    // And its NUL, and about as much as the next head may take.
    expect(bodies[0]!.buffer.byteLength - size - 1).toBeLessThan(100);
  });

  test.each([
    ['maxCommandBytes', 0],
    ['maxHeaderLineBytes', -1],
    ['maxHeaders', 1.5],
    ['maxHeaders', Number.NaN],
    ['maxBodyBytes', -1],
    ['maxBodyBytes', Number.POSITIVE_INFINITY],
    ['maxBodyBytes', 2_147_483_648],
    ['maxBodyBytes', '100'],
  ])('P17 %s: %j is refused with its name and what was received', (name, value) => {
    const make = () => new FrameParser(() => {}, { limits: { [name]: value } });
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(expect.objectContaining({ code: 'STOMP_CONFIG_INVALID', option: `limits.${name}` }));
    expect(make).toThrow(String(value));
  });

  test('P17 a limit of another name is refused', () => {
    const make = () => new FrameParser(() => {}, { limits: { maxFrameBytes: 5 } as object });
    expect(make).toThrow(
      expect.objectContaining({ code: 'STOMP_CONFIG_UNKNOWN_KEY', option: 'limits.maxFrameBytes' }),
    );
  });

  // Not yet: such a name is found on Object.prototype.
  test('P17 a limit of a name that every object has is refused', () => {
    const make = () => new FrameParser(() => {}, { limits: { toString: 5 } as object });
    expect(make).toThrow(expect.objectContaining({ code: 'STOMP_CONFIG_UNKNOWN_KEY' }));
  });

  test('P17 an undefined limit is the default', () => {
    new FrameParser(() => {}, { limits: { maxBodyBytes: undefined } as object }).push(
      Buffer.from('A\n\nx\0'),
    );
  });
});
