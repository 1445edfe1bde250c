import type { ByteRange } from '../types.js';
import type { HeaderLine } from './lines.js';
import { quote, type Rule, type Told } from './rule.js';
import type { FrameStep } from './step.js';

const KNOWN: ReadonlySet<string> = new Set([
  'destination',
  'content-length',
  'message-id',
  'receipt-id',
  'receipt',
  'subscription',
  'transaction',
  'login',
  'passcode',
  'session',
  'selector',
  'message',
  'ack',
  'id',
]);

const UTF8 = new TextDecoder('utf-8', { fatal: true });

function isUtf8(wire: string): boolean {
  try {
    UTF8.decode(Buffer.from(wire, 'latin1'));
    return true;
  } catch {
    return false;
  }
}

/** As `eachLine`, for what a plain head cannot hold. */
function eachOddLine(check: LineCheck): (step: FrameStep) => Told {
  const inLines = eachLine(check);
  return (step) => (step.head.plain ? undefined : inLines(step));
}

type LineCheck = (line: HeaderLine, lines: readonly HeaderLine[]) => string | undefined;

/** Tells the first line of which `check` has something to say. */
function eachLine(check: LineCheck): (step: FrameStep) => Told {
  return ({ head: { lines } }) => {
    for (const line of lines) {
      const message = check(line, lines);
      if (message !== undefined) return { message, mark: line.at };
    }
    return undefined;
  };
}

const text = ({ name, value }: HeaderLine): string => `${name}${value ?? ''}`;
const isAscii = (wire: string): boolean => /^[\x00-\x7f]*$/.test(wire);
const shown = (name: string): string => quote(Buffer.from(name, 'latin1').toString('utf8'));

function repeated(line: HeaderLine, lines: readonly HeaderLine[]): boolean {
  const name = line.name.trim();
  for (const other of lines) {
    if (other === line) return false;
    if (other.name.trim() === name) return true;
  }
  return false;
}

function isOdd(value: string): boolean {
  return /[^A-Za-z0-9._/@=+-]/.test(value);
}

/** Header lines as such, whatever they say. */
export const HEADER_RULES: readonly Rule[] = [
  {
    id: 'header-without-colon',
    point: 'P10',
    spec: 'Augmented BNF',
    severity: 'violation',
    fault: 'sender',
    advice: 'Write each header as name, colon, value.',
    on: 'frame',
    check: eachOddLine(({ name, value }) =>
      value === undefined
        ? `the line ${shown(name.trim().split(/[ \t=]/, 1)[0] ?? '')} has no colon`
        : undefined,
    ),
  },
  {
    id: 'header-without-name',
    point: 'P11',
    spec: 'Augmented BNF',
    severity: 'violation',
    fault: 'sender',
    advice: 'Give the header a name: ActiveMQ closes the connection on such a line.',
    on: 'frame',
    check: eachOddLine(({ name, value }) =>
      value !== undefined && name.trim() === '' ? 'a header line begins with its colon' : undefined,
    ),
  },
  {
    id: 'blank-around-name',
    point: 'P7',
    spec: 'Augmented BNF',
    severity: 'deviation',
    fault: 'sender',
    advice: 'Put no blank before the colon: some readers take it for a part of the name.',
    on: 'frame',
    check: eachOddLine(({ name, value }) =>
      value !== undefined && name.trim() !== '' && name.trim() !== name
        ? `there is a blank around the name ${shown(name)}`
        : undefined,
    ),
  },
  {
    id: 'blank-before-value',
    point: 'P6',
    spec: 'opening',
    severity: 'dialect',
    fault: 'sender',
    advice: 'Put the value right behind the colon: readers differ on whether the blank belongs to it.',
    once: true,
    on: 'frame',
    check: eachOddLine(({ name, value }) =>
      value !== undefined && /^[ \t]+[^ \t]/.test(value)
        ? `the value of ${shown(name)} begins with a blank`
        : undefined,
    ),
  },
  {
    id: 'blank-after-value',
    point: 'P6',
    spec: 'silent',
    severity: 'deviation',
    fault: 'sender',
    advice: 'Put no blank at the end of a value: RabbitMQ keeps it, ActiveMQ drops it.',
    on: 'frame',
    check: eachOddLine(({ name, value }) =>
      value !== undefined && /[ \t]$/.test(value)
        ? `the value of ${shown(name)} ends with a blank`
        : undefined,
    ),
  },
  {
    id: 'wrong-case-header',
    point: 'P7',
    spec: 'silent',
    severity: 'violation',
    fault: 'sender',
    advice: 'Write the names of headers in lower case: another case is another header.',
    on: 'frame',
    check: eachLine(({ name }) => {
      if (!/[A-Z]/.test(name)) return undefined;
      const lower = name.trim().toLowerCase();
      return lower !== name.trim() && KNOWN.has(lower) ? `${shown(name)} is not ${lower}` : undefined;
    }),
  },
  {
    id: 'repeated-header',
    point: 'P8',
    spec: 'silent',
    severity: 'deviation',
    fault: 'sender',
    advice: 'Write each header once: some brokers take the first, some the last.',
    on: 'frame',
    check: eachLine((line, lines) =>
      repeated(line, lines) ? `${shown(line.name)} is there twice` : undefined,
    ),
  },
  {
    id: 'cr-in-value',
    point: 'P5',
    spec: 'Augmented BNF',
    severity: 'deviation',
    fault: 'sender',
    advice: 'Leave CR out of headers: RabbitMQ closes the connection on it.',
    on: 'frame',
    check: eachOddLine((line) =>
      text(line).includes('\r') ? `there is a CR in ${shown(line.name)}` : undefined,
    ),
  },
  {
    id: 'nul-in-header',
    point: 'P1',
    spec: 'opening',
    severity: 'violation',
    fault: 'sender',
    advice: 'End the head with a blank line before the NUL, and put no NUL into headers.',
    on: 'frame',
    check: eachOddLine((line) => (text(line).includes('\0') ? 'there is a NUL in a header line' : undefined)),
  },
  {
    id: 'control-character-in-header',
    point: 'P16',
    spec: 'Augmented BNF',
    severity: 'deviation',
    fault: 'sender',
    advice: 'Keep control characters out of headers.',
    on: 'frame',
    check: eachOddLine((line) =>
      /[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(text(line))
        ? `there is a control character in ${shown(line.name)}`
        : undefined,
    ),
  },
  {
    id: 'non-ascii-header',
    point: 'P16',
    spec: 'Augmented BNF',
    severity: 'deviation',
    fault: 'sender',
    advice: 'Keep headers to US-ASCII, or make sure that both sides read UTF-8.',
    once: true,
    on: 'frame',
    check: eachOddLine((line) =>
      !isAscii(text(line)) && isUtf8(text(line)) ? `${shown(line.name)} is not US-ASCII` : undefined,
    ),
  },
  {
    id: 'header-not-utf8',
    point: 'P16',
    spec: 'Augmented BNF',
    severity: 'violation',
    fault: 'sender',
    advice: 'Write headers in UTF-8: ActiveMQ turns other bytes into U+FFFD.',
    on: 'frame',
    check: eachOddLine((line) =>
      isAscii(text(line)) || isUtf8(text(line))
        ? undefined
        : `${shown(line.name)} is neither US-ASCII nor UTF-8`,
    ),
  },
  {
    id: 'escapes-from-client',
    point: 'P9',
    spec: 'silent',
    severity: 'dialect',
    fault: 'client',
    advice: 'Leave backslashes out of headers: some brokers undo them, some keep them, some close.',
    on: 'frame',
    check: (step) => (step.direction === 'to-broker' ? escapes(step) : undefined),
  },
  {
    id: 'escapes-from-broker',
    point: 'P9',
    spec: 'silent',
    severity: 'dialect',
    fault: 'broker',
    advice: 'Undo the escapes of this broker (`unescapeHeaders`), though 1.0 has none.',
    once: true,
    on: 'frame',
    check: (step) => (step.direction === 'to-client' ? escapes(step) : undefined),
  },
  {
    id: 'odd-id',
    point: 'P29',
    spec: 'Receipt',
    severity: 'advice',
    fault: 'client',
    advice: 'Make ids of letters, digits and `-`: blanks and colons do not survive the way there and back.',
    once: true,
    on: 'frame',
    commands: ['SEND', 'SUBSCRIBE', 'UNSUBSCRIBE', 'BEGIN', 'COMMIT', 'ABORT', 'ACK', 'DISCONNECT'],
    check: eachLine(({ name, value }) =>
      /^(id|receipt|transaction)$/.test(name.trim()) && isOdd(value?.trim() ?? '') && isAscii(value ?? '')
        ? `the ${name.trim()} ${shown(value ?? '')} has characters that brokers change`
        : undefined,
    ),
  },
];

const escapes = eachOddLine(({ name, value }) =>
  /\\[nrc\\]/.test(value ?? '') ? `${shown(name)} holds what looks like an escape` : undefined,
);

/** @internal for rules of other files */
export function markOf(step: FrameStep, name: string): ByteRange | undefined {
  return step.head.lines.find((line) => line.name.trim() === name)?.at;
}
