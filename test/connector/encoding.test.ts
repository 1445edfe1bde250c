import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { decodeBase64, encodeBase64 } from '../../src/connector/encoding.js';
import { FrameError } from '../../src/errors.js';
import { describeRuby, ruby } from './ruby.js';

const text = (buffer: Buffer) => buffer.toString('latin1');
const decode = (base64: string) => text(decodeBase64(Buffer.from(base64, 'latin1')));

/** Bytes that are always the same. */
function bytes(length: number): Buffer {
  const out = Buffer.alloc(length);
  for (let at = 0, block = 0; at < length; block++) {
    at += createHash('sha256').update(`${length}:${block}`).digest().copy(out, at);
  }
  return out;
}

describe('encodeBase64', () => {
  // Recorded from Ruby 3.1: Base64.encode64(body).
  test.each([
    ['', ''],
    ['f', 'Zg==\n'],
    ['fo', 'Zm8=\n'],
    ['foo', 'Zm9v\n'],
    ['\xfb\xff\xfe', '+//+\n'],
    ['a'.repeat(44), `${'YWFh'.repeat(14)}YWE=\n`],
    ['a'.repeat(45), `${'YWFh'.repeat(15)}\n`],
    ['a'.repeat(46), `${'YWFh'.repeat(15)}\nYQ==\n`],
    ['a'.repeat(90), `${'YWFh'.repeat(15)}\n`.repeat(2)],
    ['a'.repeat(91), `${`${'YWFh'.repeat(15)}\n`.repeat(2)}YQ==\n`],
  ])('%j', (body, encoded) => {
    expect(text(encodeBase64(Buffer.from(body, 'latin1')))).toBe(encoded);
  });

  test('336 bytes of MCollective become the 456 that it sends', () => {
    expect(encodeBase64(bytes(336))).toHaveLength(456);
  });

  test('a view encodes its own bytes and not the whole buffer', () => {
    expect(text(encodeBase64(new Uint8Array(Buffer.from('xfoox')).subarray(1, 4)))).toBe('Zm9v\n');
  });
});

describe('decodeBase64', () => {
  test.each([
    ['empty', '', ''],
    ['blanks alone', ' \r\n\t', ''],
    ['as Ruby writes it', `${'YWFh'.repeat(15)}\nYQ==\n`, 'a'.repeat(46)],
    ['not wrapped', `${'YWFh'.repeat(40)}`, 'a'.repeat(120)],
    ['wrapped at 76 with CRLF', `${'YWFh'.repeat(19)}\r\n${'YWFh'.repeat(2)}\r\n`, 'a'.repeat(63)],
    ['a break inside a group', 'Y\nWF\r\nh', 'aaa'],
    ['blanks before, inside and after', ' Zm 9v\t\v\f ', 'foo'],
    ['two characters of padding', 'Zg==', 'f'],
    ['one is missing', 'Zg=', 'f'],
    ['both are missing', 'Zg', 'f'],
    ['the only one is missing', 'Zm8', 'fo'],
    ['one too many', 'Zm8==', 'fo'],
    ['blanks inside the padding', 'Zg= \n=\n', 'f'],
    ['every letter', '+//+', '\xfb\xff\xfe'],
  ])('takes %s', (_what, base64, body) => {
    expect(decode(base64)).toBe(body);
  });

  test.each([
    ['the URL alphabet', '-__-', 'offset 0: byte 0x2d is not in the alphabet'],
    ['junk', 'Zm9v!', 'offset 4: byte 0x21 is not in the alphabet'],
    ['NUL', 'Zm\0v', 'offset 2: byte 0x00 is not in the alphabet'],
    ['a byte above ASCII', 'Zm9v\xe9', 'offset 4: byte 0xe9 is not in the alphabet'],
    ['letters after padding', 'Zg==Zg==', 'offset 4: more follows the padding'],
    ['padding inside', 'Z=g=', 'offset 2: more follows the padding'],
    ['three characters of padding', 'Zg===', 'offset 4: a third character of padding'],
    ['padding alone', '==', 'offset 2: padding after a whole group of four'],
    ['padding after a whole group', 'Zm9v=', 'offset 5: padding after a whole group of four'],
    ['one letter too many', 'Zm9vZ', 'offset 5: it ends within a group of four'],
  ])('refuses %s', (_what, base64, message) => {
    const error = thrown(() => decode(base64));
    expect(error).toBeInstanceOf(FrameError);
    expect(error).toMatchObject({ code: 'STOMP_FRAME_BAD_BODY', message: `base64 body, ${message}` });
  });

  test('gives back every length from 0 to 200, and a long one', () => {
    for (const length of [...Array(201).keys(), 1_000_003]) {
      const body = bytes(length);
      expect(decodeBase64(encodeBase64(body)).equals(body)).toBe(true);
    }
  });
});

describeRuby('ruby', 'base64 as Ruby does it', () => {
  const bodies = [...Array(200).keys(), 336, 4_095, 4_096, 65_537].map(bytes);

  test('encodes byte for byte like Base64.encode64', () => {
    const program =
      'puts JSON.generate(JSON.parse($stdin.read).map { |hex| Base64.encode64([hex].pack("H*")) })';
    const theirs = ruby(
      program,
      bodies.map((body) => body.toString('hex')),
    );
    expect(bodies.map((body) => text(encodeBase64(body)))).toEqual(theirs);
  });

  test('decodes what Base64 encodes in any of its forms', () => {
    const program = `puts JSON.generate(JSON.parse($stdin.read).map { |hex| body = [hex].pack("H*")
      [Base64.encode64(body), Base64.strict_encode64(body)] })`;
    const forms = ruby(
      program,
      bodies.map((body) => body.toString('hex')),
    ) as string[][];
    for (const [index, body] of bodies.entries()) {
      for (const form of forms[index]!) expect(decode(form)).toBe(text(body));
    }
  });
});

function thrown(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
