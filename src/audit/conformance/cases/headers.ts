import type { Seen } from '../seen.js';
import { demand, dialect, fail, type Judgement, pass } from '../verdict.js';
import { show } from '../wire.js';
import { answer, asked, login, messages, probe, quiet, reading, section, write } from './steps.js';

/** Sends one message with these header lines to ourselves. */
const carried = (lines: string) => [
  ...reading('a'),
  write('a', `SEND\ndestination:{q}\nreceipt:r1\n${lines}\nbody\0`),
  answer('a', 'r1'),
  messages('a', 1),
  probe('a'),
];

/** The header lines of the message that begin with this, or what became of it. */
function came(seen: Seen, start: string): readonly string[] | undefined {
  return seen.messages('a')[0]?.lines.filter((line) => line.startsWith(start));
}

const lost = (seen: Seen): string => `no message: ${seen.fate('a')}`;

/** Passes when the line came back as it was sent. */
function verbatim(line: string, otherwise: (observed: string) => Judgement) {
  return (seen: Seen): Judgement => {
    const [message] = seen.messages('a');
    if (message === undefined) return otherwise(lost(seen));
    if (message.lines.includes(line)) return pass('unchanged');
    const name = line.slice(0, line.indexOf(':'));
    const found = message.lines.find((other) => other.startsWith(name));
    return otherwise(found === undefined ? 'dropped' : `comes back as ${show(found)}`);
  };
}

function colonless(seen: Seen): Judgement {
  const lines = came(seen, 'justtext');
  if (lines === undefined) return dialect(seen.fate('a'));
  return dialect(lines.length === 0 ? 'dropped' : `comes back as ${show(lines[0]!)}`);
}

function nameless(seen: Seen): Judgement {
  const lines = came(seen, ':');
  if (lines === undefined) return dialect(seen.fate('a'));
  return dialect(lines.length === 0 ? 'dropped' : `comes back as ${show(lines[0]!)}`);
}

function repeated(seen: Seen): Judgement {
  const lines = came(seen, 'k:');
  if (lines === undefined) return dialect(lost(seen));
  if (lines.length > 1) return dialect('all are passed on');
  return dialect({ 'k:one': 'first wins', 'k:two': 'last wins' }[lines[0] ?? ''] ?? 'dropped');
}

function trimmed(seen: Seen): Judgement {
  const line = came(seen, 'k')?.[0];
  if (line === undefined) return dialect(lost(seen));
  const names: Record<string, string> = {
    'k:  v  ': 'kept',
    'k:v  ': 'leading ones trimmed',
    'k:v': 'both ends trimmed',
    'k:  v': 'trailing ones trimmed',
  };
  return dialect(names[line] ?? `comes back as ${show(line)}`);
}

function injected(seen: Seen): Judgement {
  const [message] = seen.messages('a');
  if (message === undefined) return fail(lost(seen));
  const harm = message.lines.includes('INJECTED:1') || message.body.toString('latin1') !== 'body';
  return harm ? fail('the value ends the headers') : pass('the value stays a value');
}

const cases = (id: string, title: string, line: string) => ({
  ...{ id, title, point: 'P9', expected: `MESSAGE\n${line}\n...` },
  steps: carried(`${line}\n`),
  judge: verbatim(line, fail),
});

export const headerCases = section('Augmented BNF', [
  {
    ...cases('headers.custom', "a header of one's own reaches the consumer", 'x-own:some value'),
    point: 'P22',
  },
  { ...cases('headers.empty-value', 'a header with an empty value', 'k:'), point: 'P6' },
  { ...cases('headers.colon-in-value', 'a colon in a value', 'k:a:b'), point: 'P7' },
  { ...cases('headers.case', 'the case of a name is kept', 'X-Own-Name:v'), point: 'P7' },
  { ...cases('headers.tab-in-value', 'a TAB inside a value', 'k:a\tb'), point: 'P6' },
  cases('headers.escapes', '\\n, \\\\ and \\c are two characters each', 'k:a\\nb\\\\c\\cd'),
  cases('headers.escaped-cr', '\\r is two characters', 'k:a\\rb'),
  cases('headers.backslash', 'a backslash before another letter', 'k:a\\tb\\q'),
  cases('headers.trailing-backslash', 'a backslash at the end of a value', 'k:ab\\'),
  {
    id: 'headers.escape-injection',
    point: 'P9',
    title: 'a value with \\n\\n does not end the headers of the MESSAGE',
    expected: 'MESSAGE\nk:a\\n\\nINJECTED:1\n...',
    steps: carried('k:a\\n\\nINJECTED:1\n'),
    judge: injected,
  },
  {
    id: 'headers.no-colon',
    point: 'P10',
    title: 'a header line without a colon',
    expected: 'open',
    steps: carried('justtext\n'),
    judge: colonless,
  },
  {
    id: 'headers.no-name',
    point: 'P11',
    title: 'a header without a name',
    expected: 'open',
    steps: carried(':value\n'),
    judge: nameless,
  },
  {
    id: 'headers.repeated',
    point: 'P8',
    title: 'a header that is there twice',
    expected: 'open',
    steps: carried('k:one\nk:two\n'),
    judge: repeated,
  },
  {
    id: 'headers.repeated-destination',
    point: 'P8',
    title: 'a destination that is there twice',
    expected: 'open',
    steps: [
      ...reading('a'),
      write('a', 'SEND\ndestination:{q}\ndestination:{nowhere}\nreceipt:r1\n\nbody\0'),
      answer('a', 'r1'),
      quiet('a'),
      probe('a'),
    ],
    judge: (seen) =>
      dialect(seen.messages('a').length > 0 ? 'first wins' : `last wins, or none: ${seen.fate('a')}`),
  },
  {
    id: 'headers.blanks',
    point: 'P6',
    title: 'blanks at both ends of a value',
    expected: 'open',
    steps: carried('k:  v  \n'),
    judge: trimmed,
  },
  {
    id: 'headers.blank-before-colon',
    point: 'P7',
    title: 'a blank between a name and its colon',
    expected: 'open',
    steps: carried('k :v\n'),
    judge: (seen) => dialect(came(seen, 'k')?.map((line) => `comes back as ${show(line)}`)[0] ?? lost(seen)),
  },
  {
    id: 'headers.utf8',
    point: 'P16',
    title: 'UTF-8 in a value',
    expected: 'MESSAGE\nk:\\xc3\\xa9\\xe2\\x82\\xac\n...',
    steps: carried('k:\xc3\xa9\xe2\x82\xac\n'),
    judge: verbatim('k:\xc3\xa9\xe2\x82\xac', dialect),
  },
  {
    id: 'headers.not-utf8',
    point: 'P16',
    title: 'a byte in a value that is not UTF-8',
    expected: 'open',
    steps: carried('k:a\xe9b\n'),
    judge: verbatim('k:a\xe9b', dialect),
  },
  {
    id: 'headers.cr-in-value',
    point: 'P5',
    title: 'a CR inside a value',
    expected: 'open',
    steps: carried('k:a\rb\n'),
    judge: verbatim('k:a\rb', dialect),
  },
  {
    id: 'headers.object-names',
    point: 'P7',
    title: 'names such as __proto__ and constructor are plain names',
    expected: 'MESSAGE\n__proto__:p\nconstructor:c\n...',
    steps: carried('__proto__:p\nconstructor:c\n'),
    judge: (seen) => {
      const lines = seen.messages('a')[0]?.lines ?? [];
      const there = lines.includes('__proto__:p') && lines.includes('constructor:c');
      return demand(there, lines.length === 0 ? lost(seen) : 'dropped');
    },
  },
  {
    id: 'headers.unknown',
    point: 'P22',
    title: 'a frame other than SEND with a header that means nothing',
    expected: 'RECEIPT\nreceipt-id:r1\n\n\\0',
    steps: [login('a'), ...asked('a', 'SUBSCRIBE\ndestination:{t}\nid:s1\nx-own:1\nreceipt:r1\n\n\0')],
    judge: (seen) => demand(seen.receipts('a', 'r1') === 1, seen.fate('a')),
  },
]);
