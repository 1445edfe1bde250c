import { describe, expect, test } from 'vitest';
import { encodeFrame, type FrameInit, FrameParser } from '../../src/frame/index.js';

const wire = (frame: FrameInit) => encodeFrame(frame).toString('latin1');

function thrownBy(action: () => unknown): [code: string, message: string] {
  try {
    action();
  } catch (error) {
    const { code, message } = error as Error & { code: string };
    return [code, message];
  }
  throw new Error('nothing was thrown');
}

describe('a content-length among the headers', () => {
  test.each([
    ['5', 'hello'],
    ['05', 'hello'],
    ['12', 'x'.repeat(12)],
  ])('P13 %j is written as it is, once', (said, body) => {
    const frame = { command: 'SEND', headers: { a: 1, 'content-length': said, b: 2 }, body };
    expect(wire(frame)).toBe(`SEND\na:1\ncontent-length:${said}\nb:2\n\n${body}\0`);
  });

  test.each(['4', '6', '', '5x', 'x5', '+5', '-5', '5.0', '0x5', '5e0', '5 5'])(
    'P12 %j is refused',
    (said) => {
      const frame = { command: 'SEND', headers: { 'content-length': said }, body: 'hello' };
      const message = `content-length ${said}: the body has 5 bytes`;
      expect(thrownBy(() => encodeFrame(frame))).toEqual(['STOMP_FRAME_BAD_CONTENT_LENGTH', message]);
    },
  );

  test('P12 said twice, both have to be right', () => {
    const twice = (...said: string[]) => {
      const headers = said.map((value) => ['content-length', value] as const);
      return { command: 'SEND', headers, body: 'hello' };
    };
    expect(wire(twice('5', '5'))).toBe('SEND\ncontent-length:5\ncontent-length:5\n\nhello\0');
    expect(thrownBy(() => encodeFrame(twice('5', '4')))[0]).toBe('STOMP_FRAME_BAD_CONTENT_LENGTH');
  });
});

describe('what 1.0 cannot carry is named, and not at length', () => {
  const long = 'y'.repeat(100);
  test.each<[FrameInit, string, string]>([
    [{ command: 'a b' }, 'STOMP_FRAME_BAD_COMMAND', '"a b" is not a command'],
    [{ command: '' }, 'STOMP_FRAME_BAD_COMMAND', '"" is not a command'],
    [{ command: ` ${long}` }, 'STOMP_FRAME_BAD_COMMAND', `" ${long.slice(0, 31)}" is not a command`],
    [{ command: 'SEND', headers: { '': 'x' } }, 'STOMP_FRAME_BAD_HEADER', 'a header has no name: ""'],
    [
      { command: 'SEND', headers: { 'a:b': 'x' } },
      'STOMP_FRAME_BAD_HEADER',
      'a name holds CR, LF, NUL or a colon: "a:b"',
    ],
    [
      { command: 'SEND', headers: { [`:${long}`]: 'x' } },
      'STOMP_FRAME_BAD_HEADER',
      `a name holds CR, LF, NUL or a colon: ":${long.slice(0, 63)}"`,
    ],
    [
      { command: 'SEND', headers: { a: 'secret\n' } },
      'STOMP_FRAME_BAD_HEADER',
      'the value of a holds CR, LF or NUL',
    ],
    [
      { command: 'SEND', body: 'a\0b', contentLength: false },
      'STOMP_FRAME_BAD_BODY',
      'a body that holds a NUL needs its content-length',
    ],
  ])('%j', (frame, code, message) => {
    expect(thrownBy(() => encodeFrame(frame))).toEqual([code, message]);
  });
});

describe('limits', () => {
  const make = (limits: object) => () => new FrameParser(() => {}, { limits });

  test.each([
    { maxBodyBytes: 0 },
    { maxBodyBytes: 2_147_483_647 },
    { maxHeaders: 1, maxCommandBytes: undefined },
  ])('%j is taken', (limits) => {
    expect(make(limits)).not.toThrow();
  });

  const options = 'maxCommandBytes, maxHeaderLineBytes, maxHeaders, maxBodyBytes';
  test.each<[object, string, string]>([
    [{ maxFrames: 1 }, 'STOMP_CONFIG_UNKNOWN_KEY', `limits.maxFrames: expected one of ${options}`],
    [
      { maxHeaders: 0 },
      'STOMP_CONFIG_INVALID',
      'limits.maxHeaders: expected a whole number from 1 to 2147483647, received 0',
    ],
    [
      { maxBodyBytes: -1 },
      'STOMP_CONFIG_INVALID',
      'limits.maxBodyBytes: expected a whole number from 0 to 2147483647, received -1',
    ],
    [
      { maxBodyBytes: 2_147_483_648 },
      'STOMP_CONFIG_INVALID',
      'limits.maxBodyBytes: expected a whole number from 0 to 2147483647, received 2147483648',
    ],
    [
      { maxCommandBytes: 1.5 },
      'STOMP_CONFIG_INVALID',
      'limits.maxCommandBytes: expected a whole number from 1 to 2147483647, received 1.5',
    ],
  ])('%j is refused', (limits, code, message) => {
    expect(thrownBy(make(limits))).toEqual([code, message]);
  });
});

describe('blanks', () => {
  function headersOf(block: string) {
    let found: { get(name: string): string | undefined } | undefined;
    new FrameParser(({ headers }) => {
      found = headers;
    }).push(Buffer.from(`MESSAGE\n${block}\n\0`));
    return found!;
  }

  test.each([
    ['\tkey\t:\tvalue\t\n', 'value'],
    [' \tkey \t: \tva\tl ue\t \n', 'va\tl ue'],
    ['key: \t \n', ''],
    ['xkey:no\nkey:yes\n', 'yes'],
    ['key.:no\nkey:yes\n', 'yes'],
    ['other:key\nkey:yes\r\n', 'yes'],
    ['key\n', ''],
    ['key\t\r\n', ''],
  ])('P6 %j', (block, value) => {
    expect(headersOf(block).get('key')).toBe(value);
  });

  test('P11 a header without a name is not found, and neither is a name with a colon', () => {
    const headers = headersOf(':nobody\na:b:c\n');
    expect([headers.get(''), headers.get('a:b'), headers.get('a')]).toEqual([undefined, undefined, 'b:c']);
  });
});
