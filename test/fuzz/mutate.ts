import type { Wire } from './corpus.js';
import type { Random } from './random.js';

type Mutation = (random: Random, frame: Wire, other: Wire) => Wire;

const MARKS = [
  '\r',
  '\n',
  '\0',
  ':',
  '\r\n',
  '\n\n',
  '\0\n',
  ' ',
  '\t',
  '\\',
  '\\n',
  '\\c',
  '\xff',
  '\xc3',
  '\x80',
  '\x15\x03',
];
/** Those that a value may hold. */
const IN_VALUES = MARKS.filter((mark) => !mark.includes('\n'));
/** Those that are not taken for one of many in a value. */
const ODD = [' ', '\t', '\r', '\0', ':', '\\', '\x7f', '\x80', '\xff'];
const NUMBERS = [
  '0',
  '00',
  '1',
  '-1',
  '+3',
  ' 7 ',
  '3 ',
  '0x10',
  '1e3',
  'abc',
  '',
  '4095',
  '65536',
  '1048577',
  '134217728',
  '134217729',
  '2147483648',
  '4294967296',
  '9007199254740993',
  '9'.repeat(40),
  `1${'0'.repeat(400)}`,
];

function replaceAt(frame: Wire, start: number, end: number, text: Wire): Wire {
  return frame.slice(0, start) + text + frame.slice(end);
}

/** The header lines of a frame, and what is before and behind them. */
function split(frame: Wire): { before: Wire; lines: Wire[]; behind: Wire } {
  const first = frame.indexOf('\n') + 1;
  const blank = frame.indexOf('\n\n', first - 1);
  if (first <= 1 || blank < first - 1) return { before: frame, lines: [], behind: '' };
  if (blank < first) return { before: frame.slice(0, first), lines: [], behind: `\n${frame.slice(first)}` };
  return {
    before: frame.slice(0, first),
    lines: frame.slice(first, blank).split('\n'),
    behind: frame.slice(blank),
  };
}

function withLines(frame: Wire, change: (lines: Wire[]) => void): Wire {
  const { before, lines, behind } = split(frame);
  change(lines);
  return lines.length === 0 ? before + behind.slice(1) : before + lines.join('\n') + behind;
}

const digit: Mutation = (random, frame) => {
  const digits = [...frame.matchAll(/(?<!^content-length.*)[0-9]/gm)];
  if (digits.length === 0) return frame;
  const { index } = random.pick(digits);
  return replaceAt(frame, index, index + 1, String(random.below(10)));
};

const letter: Mutation = (random, frame) => {
  const values = [...frame.matchAll(/(?<=^(?!content-length).*:)[^\n]+/gm)];
  if (values.length === 0) return frame;
  const { index, 0: value } = random.pick(values);
  const at = index + random.below(value.length);
  const character = random.oneIn(8) ? random.pick(ODD) : String.fromCharCode(random.from(0x21, 0x7e));
  return replaceAt(frame, at, at + 1, character);
};

const body: Mutation = (random, frame) => {
  const { before, lines, behind } = split(frame);
  if (behind === '') return frame;
  const large = random.oneIn(60);
  const size = large ? random.from(4_090, 20_000) : random.small(3_000);
  const kept = lines.filter((line) => !line.startsWith('content-length'));
  const filler = random.pick(['x', 'ab\n', '\xff\xfe', 'MESSAGE\n\n', '\r\n', '\0']);
  const bytes = filler.repeat(Math.ceil(size / filler.length)).slice(0, size);
  if (filler === '\0' || !random.oneIn(3)) kept.push(`content-length:${size}`);
  const end = large && random.oneIn(4) ? 'x\0' : '\0';
  return `${before}${kept.map((line) => `${line}\n`).join('')}\n${bytes}${end}`;
};

const length: Mutation = (random, frame) =>
  withLines(frame, (lines) => {
    const at = lines.findIndex((line) => line.startsWith('content-length'));
    const line = `content-length:${random.pick(NUMBERS)}`;
    if (at < 0 || random.oneIn(3)) lines.splice(random.below(lines.length + 1), 0, line);
    else lines[at] = line;
  });

/** One more or one less than it is. */
const nearLength: Mutation = (random, frame) =>
  frame.replace(
    /^(content-length:)([0-9]+)$/m,
    (_, name, value) => name + (Number(value) + random.from(-2, 2)),
  );

const repeatHeader: Mutation = (random, frame) =>
  withLines(frame, (lines) => {
    if (lines.length === 0) return;
    const line = random.pick(lines);
    const times = random.oneIn(400) ? random.from(990, 1_010) : random.small(20);
    for (let i = 0; i < times; i++) lines.splice(random.below(lines.length + 1), 0, line);
  });

const dropHeader: Mutation = (random, frame) =>
  withLines(frame, (lines) => {
    const at = random.below(lines.length + 1);
    if (!lines[at]?.startsWith('content-length')) lines.splice(at, 1);
  });

const shuffleHeaders: Mutation = (random, frame) =>
  withLines(frame, (lines) => void lines.push(...lines.splice(0, random.below(lines.length + 1))));

const value: Mutation = (random, frame) =>
  withLines(frame, (lines) => {
    if (lines.length === 0) return;
    const at = random.below(lines.length);
    const name = lines[at]!.split(':', 1)[0]!;
    if (name === 'content-length') return;
    const long = random.oneIn(1_000) ? random.from(65_520, 65_540) : random.small(300);
    lines[at] =
      `${name}:${random.pick([...NUMBERS, ...IN_VALUES, 'v'.repeat(long), ' v', 'v ', '__proto__', 'a:b'])}`;
  });

const name: Mutation = (random, frame) =>
  withLines(frame, (lines) => {
    const line = `${random.pick(['__proto__', 'x', '', ' ', 'X-content-length', ' message-id', 'Receipt-Id', 'constructor', '\xc3\xa9', 'receipt-id', 'subscription', 'transaction', 'selector', 'receipt', 'redelivered'])}${random.pick([':', ': ', ' :', ''])}${random.pick(['1', '', 'true', 'x'])}`;
    lines.splice(random.below(lines.length + 1), 0, line);
  });

const lineEnds: Mutation = (random, frame) => {
  const blank = frame.indexOf('\n\n');
  const head = blank < 0 ? frame.length : blank + 2;
  const some = random.from(1, 3);
  return (
    frame.slice(0, head).replace(/\n/g, (lf) => (random.below(some) === 0 ? '\r\n' : lf)) + frame.slice(head)
  );
};

const between: Mutation = (random, frame) =>
  random.pick(['\n', '\r', '\r\n', '\n\n\n']).repeat(random.from(1, 4)) + frame;

const command: Mutation = (random, frame) =>
  random.pick(['message', 'MESSAGES', 'Z', 'SEND', 'A.b-c_1', 'CONNECTED', 'ERROR', 'RECEIPT', 'GET']) +
  frame.slice(Math.max(frame.search(/[\r\n]/), 0));

const flip: Mutation = (random, frame) => {
  if (frame === '') return frame;
  const at = random.below(frame.length);
  const byte = random.oneIn(2) ? frame.charCodeAt(at) ^ (1 << random.below(8)) : random.below(256);
  return replaceAt(frame, at, at + 1, String.fromCharCode(byte));
};

const inject: Mutation = (random, frame) => {
  const at = random.below(frame.length + 1);
  return replaceAt(frame, at, at, random.pick(MARKS));
};

const remove: Mutation = (random, frame) => {
  const at = random.below(frame.length + 1);
  return replaceAt(frame, at, at + 1 + random.small(20), '');
};

const double: Mutation = (random, frame) => {
  const start = random.below(frame.length + 1);
  const end = Math.min(start + 1 + random.small(40), frame.length);
  return replaceAt(frame, end, end, frame.slice(start, end).repeat(random.from(1, 3)));
};

const truncate: Mutation = (random, frame) => frame.slice(0, random.below(frame.length + 1));

const splice: Mutation = (random, frame, other) =>
  frame.slice(0, random.below(frame.length + 1)) + other.slice(random.below(other.length + 1));

/** These mostly leave a frame that can be read, so that what follows it is reached. */
const GENTLE: readonly Mutation[] = [
  digit,
  digit,
  letter,
  letter,
  body,
  repeatHeader,
  dropHeader,
  shuffleHeaders,
  value,
  name,
  lineEnds,
  between,
  command,
];

/** These mostly end the stream. */
const ROUGH: readonly Mutation[] = [
  flip,
  inject,
  inject,
  remove,
  double,
  truncate,
  splice,
  length,
  nearLength,
];

/** Changes a frame in at least one place; once in `rough` times so that it mostly cannot be read any more. */
export function mutate(random: Random, frame: Wire, other: Wire, rough: number): Wire {
  let changed = frame;
  for (let times = 1 + random.small(3); times > 0; times--)
    changed = random.pick(GENTLE)(random, changed, other);
  return random.oneIn(rough) ? random.pick(ROUGH)(random, changed, other) : changed;
}
