import { bytes } from '../../support/frames.js';
import type { Vector } from './vector.js';

const delivered = (command: string): Vector => ({
  name: `the command ${command}`,
  point: 'P3',
  wire: `${command}\n\n\0`,
  frames: [{ command }],
});

const refused = (name: string, wire: string | Buffer, offset = 0): Vector => ({
  name,
  point: 'P3',
  wire,
  code: 'STOMP_FRAME_BAD_COMMAND',
  offset,
});

const foreign = (name: string, wire: string | Buffer): Vector => ({
  name,
  point: 'P3',
  wire,
  code: 'STOMP_FRAME_NOT_STOMP',
  offset: 0,
});

export const COMMANDS: readonly Vector[] = [
  delivered('CONNECT'),
  delivered('SEND'),
  delivered('SUBSCRIBE'),
  delivered('UNSUBSCRIBE'),
  delivered('BEGIN'),
  delivered('COMMIT'),
  delivered('ABORT'),
  delivered('ACK'),
  delivered('DISCONNECT'),
  delivered('CONNECTED'),
  delivered('MESSAGE'),
  delivered('RECEIPT'),
  delivered('ERROR'),
  // Same first byte, last byte and length as one of the thirteen.
  delivered('SAND'),
  delivered('ECHOR'),
  delivered('MASSAGE'),
  delivered('AxK'),
  // What an unknown command may be made of.
  delivered('X'),
  delivered('z'),
  delivered('Send'),
  delivered('x-MY_cmd.2'),
  refused('a blank before the command', ' SEND\n\n\0'),
  refused('a TAB before the command', '\tSEND\n\n\0'),
  refused('a blank behind the command', 'SEND \n\n\0'),
  refused('a blank inside the command', 'SEND IT\n\n\0'),
  refused('a CR inside the command', 'SE\rND\n\n\0'),
  refused('two CRs behind the command', 'SEND\r\r\n\n\0'),
  refused('a NUL inside the command', 'SE\0ND\n\n\0'),
  refused('a digit first', '1SEND\n\n\0'),
  refused('a header line first', 'foo:bar\n\n\0'),
  refused('a colon first', ':bar\n\n\0'),
  refused('a byte above 0x7f first', bytes('\xc1SEND\n\n\0')),
  refused('a byte above 0x7f inside the command', bytes('S\xc9ND\n\n\0')),
  refused('a byte order mark', bytes('\xef\xbb\xbfSEND\n\n\0')),
  refused('the characters next to the letters: @', '@\n\n\0'),
  refused('the characters next to the letters: [', '[\n\n\0'),
  refused('the characters next to the letters: `', '`\n\n\0'),
  refused('the characters next to the letters: {', '{\n\n\0'),
  {
    name: 'a bad command behind a good frame: the offset counts from the start of the stream',
    point: 'P18',
    wire: 'RECEIPT\nreceipt-id:1\n\n\0\n\n?\n\n\0',
    frames: [{ command: 'RECEIPT', headers: [['receipt-id', '1']], byteLength: 23 }],
    code: 'STOMP_FRAME_BAD_COMMAND',
    offset: 25,
  },
  foreign('the TLS alert of a RabbitMQ TLS port', bytes('\x15\x03\x01\x00\x02\x02\n')),
  foreign('the TLS alert of an ActiveMQ TLS port', bytes('\x15\x03\x03\x00\x02\x02\n')),
  foreign('a TLS client hello', bytes('\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03')),
  foreign('an HTTP answer', 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'),
  foreign('an HTTP request', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
  foreign('an SSH greeting', 'SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n'),
  {
    ...foreign('an SSH greeting that looks like a command', 'SSH-2.0-OpenSSH_9.2\r\n'),
  },
  {
    ...foreign('an AMQP greeting, which has no line end', bytes('AMQP\0\0\x09\x01')),
  },
  {
    // Its length comes first, so only a NUL is certain at the first byte: the code has to be that of a NUL.
    name: 'an OpenWire greeting',
    point: 'P3',
    wire: bytes('\0\0\x01\x3c\x01ActiveMQ\0\0\0\x0c\x01\0\0\x01\x2a'),
    code: 'STOMP_FRAME_BAD_COMMAND',
    offset: 0,
  },
  {
    name: 'a byte that begins neither STOMP nor anything known, and a NUL',
    point: 'P3',
    wire: bytes('\xf0\0\n\0'),
    code: 'STOMP_FRAME_BAD_COMMAND',
    offset: 0,
  },
];
