import { FrameError } from '../errors.js';
import { CR, LF, NUL } from './bytes.js';

const KNOWN = new Map(
  [
    'MESSAGE',
    'RECEIPT',
    'ERROR',
    'CONNECTED',
    'SEND',
    'ACK',
    'SUBSCRIBE',
    'UNSUBSCRIBE',
    'BEGIN',
    'COMMIT',
    'ABORT',
    'CONNECT',
    'DISCONNECT',
  ].map((command) => [fingerprint(Buffer.from(command), 0, command.length), command]),
);

/** First byte, length and last byte tell the thirteen commands apart; the rest is compared. */
function fingerprint(bytes: Buffer, start: number, end: number): number {
  return bytes[start]! * 65_536 + bytes[end - 1]! * 256 + (end - start);
}

/** The command of a whole command line. Any word of letters, digits, `-`, `_` and `.` passes (P3). */
export function readCommand(bytes: Buffer, start: number, end: number, offset: number): string {
  const known = KNOWN.get(fingerprint(bytes, start, end));
  if (known !== undefined && holds(bytes, start, known)) return known;
  const word = bytes.toString('latin1', start, end);
  if (/^[A-Za-z][A-Za-z0-9_.-]*$/.test(word) && foreignProtocol(word) === undefined) return word;
  throw notACommand(word, offset);
}

function holds(bytes: Buffer, start: number, word: string): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[start + i] !== word.charCodeAt(i)) return false;
  return true;
}

/** A frame begins with a letter (P3). Saying so at the first byte tells a TLS port at once, before any EOL comes. */
export function checkFirstByte(chunk: Buffer, at: number, offset: number): void {
  const byte = chunk[at]! | 0x20; // lower case
  if (byte >= 0x61 && byte <= 0x7a) return;
  throw notACommand(chunk.toString('latin1', at, at + 32), offset);
}

/** @internal */
export function isBetweenFrames(byte: number | undefined): boolean {
  return byte === LF || byte === CR;
}

/** What other protocols begin with, as far as it can be told however the bytes are cut: from whole lines, or one byte. */
const FOREIGN: ReadonlyArray<[pattern: RegExp, what: string]> = [
  [/^\x15/, 'a TLS alert: this port speaks TLS'],
  [/^[\x14-\x17]/, 'a TLS record: the other side speaks TLS'],
  [/^HTTP\//, 'an HTTP answer'],
  [/^(GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH) /, 'an HTTP request'],
  [/^AMQP/, 'an AMQP greeting'],
  [/^SSH-/, 'an SSH greeting'],
];

function foreignProtocol(text: string): string | undefined {
  return FOREIGN.find(([pattern]) => pattern.test(text))?.[1];
}

/** The error for what stands where a command should. Its text is cut at a colon: what follows may be a passcode. */
export function notACommand(text: string, offset: number): FrameError {
  const details = { offset, state: 'command' } as const;
  const what = foreignProtocol(text);
  if (what !== undefined) return new FrameError('STOMP_FRAME_NOT_STOMP', `not STOMP but ${what}`, details);
  if (text.charCodeAt(0) === NUL) {
    return new FrameError('STOMP_FRAME_BAD_COMMAND', 'a NUL where a command was expected', details);
  }
  const excerpt = JSON.stringify(text.split(':', 1)[0]!.slice(0, 32));
  return new FrameError('STOMP_FRAME_BAD_COMMAND', `${excerpt} is not a command`, details);
}
