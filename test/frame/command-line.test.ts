import { describe, expect, test } from 'vitest';
import { type Frame, FrameParser } from '../../src/frame/index.js';

function read(wire: string): Frame[] {
  const frames: Frame[] = [];
  new FrameParser((frame) => frames.push(frame)).push(Buffer.from(wire, 'latin1'));
  return frames;
}

function refusal(wire: string): [code: string, message: string] {
  try {
    read(wire);
  } catch (error) {
    const { code, message } = error as Error & { code: string };
    return [code, message.replace(' (stream offset 0)', '')];
  }
  throw new Error('it was read');
}

const COMMANDS =
  'MESSAGE RECEIPT ERROR CONNECTED SEND ACK SUBSCRIBE UNSUBSCRIBE BEGIN COMMIT ABORT CONNECT DISCONNECT';

describe('a command', () => {
  test.each(COMMANDS.split(' '))(
    'P3 %s is read, and so is each word that differs from it in one letter',
    (word) => {
      expect(read(`${word}\n\n\0`)[0]?.command).toBe(word);
      for (let i = 0; i < word.length; i++) {
        const other = `${word.slice(0, i)}${word[i] === 'X' ? 'Y' : 'X'}${word.slice(i + 1)}`;
        expect(read(`${other}\n\n\0`)[0]?.command).toBe(other);
      }
    },
  );

  test.each(['XAMQP', 'XSSH-2.0', 'HTTP', 'Get', 'x-1_2.3'])(
    'P3 %s is one, though it looks like another protocol',
    (word) => {
      expect(read(`${word}\n\n\0`)[0]?.command).toBe(word);
    },
  );
});

describe('what is no command', () => {
  test.each([
    ['\x15\x03\x01\0\x02', 'a TLS alert: this port speaks TLS'],
    ['\x16\x03\x01\0\x02', 'a TLS record: the other side speaks TLS'],
    ['\x14\x03', 'a TLS record: the other side speaks TLS'],
    ['\x17\x03', 'a TLS record: the other side speaks TLS'],
    ['HTTP/1.1 400 Bad Request\r\n', 'an HTTP answer'],
    ...['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'].map((verb) => [
      `${verb} / HTTP/1.1\r\n`,
      'an HTTP request',
    ]),
    ['AMQP\n', 'an AMQP greeting'],
    ['SSH-2.0-OpenSSH_9.2\r\n', 'an SSH greeting'],
  ])('%j is told as what it is', (wire, what) => {
    expect(refusal(wire!)).toEqual(['STOMP_FRAME_NOT_STOMP', `not STOMP but ${what}`]);
  });

  test.each([
    ['A\0', '"A\\u0000" is not a command'],
    ['\0', 'a NUL where a command was expected'],
    ['1\x15', '"1\\u0015" is not a command'],
    ['1\x16', '"1\\u0016" is not a command'],
    ['1GET / ', '"1GET / " is not a command'],
    ['1HTTP/1.1', '"1HTTP/1.1" is not a command'],
    ['MESSAGE NOW\n', '"MESSAGE NOW" is not a command'],
    ['{"a":1}\n', '"{\\"a\\"" is not a command'],
    [`1${'x'.repeat(40)}`, `"1${'x'.repeat(31)}" is not a command`],
    ['@', '"@" is not a command'],
    ['[', '"[" is not a command'],
    ['`', '"`" is not a command'],
    ['{', '"{" is not a command'],
  ])('P3 %j', (wire, message) => {
    expect(refusal(wire)).toEqual(['STOMP_FRAME_BAD_COMMAND', message]);
  });

  test.each(['A', 'Z', 'a', 'z'])('P3 the word %s is one', (word) => {
    expect(read(`${word}\n\n\0`)[0]?.command).toBe(word);
  });
});
