import { dialect, fail, type Judgement, pass } from '../../conformance/verdict.js';
import { show } from '../../conformance/wire.js';
import type { ClientSeen, Told } from '../seen.js';
import { body, header, message, mustRead, offered, reported, section, wrongLength } from './steps.js';

const plain = message('', 'hello');
const EVERY_BYTE = String.fromCharCode(...Array.from({ length: 256 }, (_, index) => index));
const LONG = 'stompwire'.repeat(120_000).slice(0, 1_048_576);

const has = (name: string) => (found: Told) => {
  const values = found.headers.filter(([other]) => other === name).map(([, value]) => value);
  return values.length === 0
    ? 'without the header'
    : `reads ${values.map((value) => show(value, 40) || 'an empty value').join(' and ')}`;
};

interface Row {
  readonly id: string;
  readonly point: string;
  readonly title: string;
  readonly bytes: string;
  readonly pieces?: readonly number[];
  readonly judge: (seen: ClientSeen) => Judgement;
  readonly expected?: string;
}

const row = ({ id, point, title, bytes, pieces, judge, expected }: Row) => ({
  ...{ id: `read.${id}`, point, title, judge },
  expected: expected ?? 'open',
  steps: offered(bytes, pieces),
});

const READ = 'the message is read as it was sent';
const sound = (
  id: string,
  point: string,
  title: string,
  bytes: string,
  check: (found: Told) => string | undefined,
) => row({ id, point, title, bytes, judge: mustRead(check), expected: READ });
const sent = (id: string, point: string, title: string, line: string) => {
  const at = line.indexOf(':');
  return sound(
    id,
    point,
    title,
    message(`${line}\n`, 'hello'),
    header(line.slice(0, at), line.slice(at + 1)),
  );
};
const open = (id: string, point: string, title: string, bytes: string, what: (found: Told) => string) =>
  row({ id, point, title, bytes, judge: reported(what) });
const length = (id: string, title: string, headers: string) =>
  row({
    ...{ id: `length-${id}`, point: 'P14', title, bytes: message(headers, 'hello'), judge: wrongLength },
    expected: 'the connection ends',
  });

const read = () => 'read';

/** First wins, last wins, or all of them. */
function repeated(found: Told): string {
  const values = found.headers.filter(([name]) => name === 'k').map(([, value]) => value);
  if (values.length > 1) return 'all';
  return { one: 'first wins', two: 'last wins' }[values[0] ?? ''] ?? 'neither';
}

function verbatimEscapes(seen: ClientSeen): Judgement {
  const judgement = mustRead(header('k', 'a\\nb\\cc\\\\d'))(seen);
  return judgement.verdict === 'pass' ? pass('untouched') : fail(judgement.observed);
}

export const readingCases = section('MESSAGE', [
  sound('plain', 'P30', 'a MESSAGE', plain, body('hello')),
  sound('lf-behind', 'P2', 'an LF behind the NUL', `${plain}\n`, body('hello')),
  sound('lfs-between', 'P4', 'many LFs between frames', `\n\n\n\n${plain}\n\n\n\n`, body('hello')),
  open('crlf-between', 'P4', 'CRLF between frames', `\r\n${plain}\r\n`, read),
  open('nul-between', 'P4', 'a bare NUL between frames', `${plain}\0`, read),
  open(
    'crlf-lines',
    'P5',
    'lines that end with CRLF',
    `${plain.replaceAll('\n', '\r\n')}`,
    (found) => body('hello')(found) ?? 'read',
  ),
  row({
    ...{
      id: 'in-three-pieces',
      point: 'P1',
      title: 'a MESSAGE in three pieces',
      bytes: plain,
      pieces: [4, 40],
    },
    ...{ judge: mustRead(body('hello')), expected: READ },
  }),
  row({
    ...{ id: 'byte-by-byte', point: 'P1', title: 'the first 60 bytes of a MESSAGE one by one', bytes: plain },
    pieces: Array.from({ length: 60 }, (_, index) => index + 1),
    ...{ judge: mustRead(body('hello')), expected: READ },
  }),
  row({
    ...{ id: 'cut-in-utf8', point: 'P16', title: 'a piece that ends inside a character of a header' },
    bytes: `MESSAGE\nk:\xc3\xa9\xe2\x82\xac\n${plain.slice(8)}`,
    pieces: [11, 14],
    ...{ judge: mustRead(header('k', '\xc3\xa9\xe2\x82\xac')), expected: READ },
  }),
  sound(
    'every-byte',
    'P13',
    'a body of all 256 bytes',
    message('content-length:256\n', EVERY_BYTE),
    body(EVERY_BYTE),
  ),
  sound('empty-body', 'P13', 'an empty body', message('', ''), body('')),
  sound('zero-length', 'P13', 'content-length:0', message('content-length:0\n', ''), body('')),
  sound('one-mebibyte', 'P17', 'a body of 1 MiB', message('content-length:1048576\n', LONG), body(LONG)),
  sound(
    'frame-in-body',
    'P13',
    'a body that looks like frames',
    message('content-length:15\n', '\0\nRECEIPT\n\n\0abc\n'.slice(0, 15)),
    body('\0\nRECEIPT\n\n\0abc\n'.slice(0, 15)),
  ),
  sent('own-header', 'P22', "a header of one's own", 'x-own:some value'),
  sent('empty-value', 'P6', 'a header with an empty value', 'k:'),
  sent('colon-in-value', 'P7', 'a colon in a value', 'k:a:b'),
  sent('dot-in-name', 'P7', 'a dot in a name', 'JMS.type:t'),
  sent('other-length', 'P13', 'x-content-length:1 is not content-length', 'x-content-length:1'),
  sent('proto', 'P7', 'a header __proto__', '__proto__:p'),
  sent('has-own-property', 'P7', 'a header hasOwnProperty', 'hasOwnProperty:h'),
  sent('long-line', 'P17', 'a header line of 4 KiB', `k:${'v'.repeat(4_094)}`),
  sound(
    'many-headers',
    'P17',
    'a hundred headers',
    message(Array.from({ length: 100 }, (_, at) => `h${at}:v\n`).join(''), 'hello'),
    header('h99', 'v'),
  ),
  sound('utf8-header', 'P16', 'UTF-8 in a value', message('k:\xc3\xa9\n', 'hello'), header('k', '\xc3\xa9')),
  row({
    ...{
      id: 'escapes',
      point: 'P9',
      title: '\\n, \\c and \\\\ are two characters each in 1.0',
      expected: READ,
    },
    ...{ bytes: message('k:a\\nb\\cc\\\\d\n', 'hello'), judge: verbatimEscapes },
  }),
  open('blanks', 'P6', 'blanks around a value', message('k: v \n', 'hello'), (found) =>
    has('k')(found)
      .replace('reads  v ', 'kept')
      .replace('reads v ', 'leading one trimmed')
      .replace(/reads v$/, 'both ends trimmed'),
  ),
  open(
    'blank-before-colon',
    'P7',
    'a blank between a name and its colon',
    message('k :v\n', 'hello'),
    (found) => (found.headers.some(([name]) => name === 'k') ? 'trimmed' : 'part of the name'),
  ),
  open('repeated', 'P8', 'a header that is there twice', message('k:one\nk:two\n', 'hello'), repeated),
  open('no-colon', 'P10', 'a header line without a colon', message('justtext\n', 'hello'), has('justtext')),
  open('no-name', 'P11', 'a header without a name', message(':value\n', 'hello'), has('')),
  open(
    'blank-line',
    'P10',
    'a header line of one blank',
    message(' \n', 'hello'),
    (found) => body('hello')(found) ?? 'read',
  ),
  open('cr-in-value', 'P5', 'a CR inside a value', message('k:a\rb\n', 'hello'), has('k')),
  open('not-utf8', 'P16', 'a byte in a value that is not UTF-8', message('k:a\xe9b\n', 'hello'), has('k')),
  open(
    'nul-in-body',
    'P15',
    'a NUL in a body without content-length',
    message('', 'a\0b'),
    (found) => `reads the body as ${show(found.body, 30)}`,
  ),
  open(
    'unknown-command',
    'P3',
    'a frame with another command',
    'FROB\nk:v\n\n\0',
    (found) => `reads it as a message with ${found.headers.length} headers`,
  ),
  open('lower-case', 'P3', 'message in lower case', plain.replace('MESSAGE', 'message'), read),
  open(
    'length-blank',
    'P14',
    'a blank in front of the digits of content-length',
    message('content-length: 5\n', 'hello'),
    read,
  ),
  open(
    'length-capitals',
    'P7',
    'Content-Length, which is another header',
    message('Content-Length:2\n', 'hello'),
    (found) => body('hello')(found) ?? 'read',
  ),
  length('plus', 'content-length:+5', 'content-length:+5\n'),
  length('word', 'content-length:five', 'content-length:five\n'),
  length('negative', 'content-length:-1', 'content-length:-1\n'),
  length('too-small', 'a content-length that is too small', 'content-length:2\n'),
  length('too-large', 'a content-length that reaches into the next frame', 'content-length:9\n'),
  length('twice', 'two lengths that differ', 'content-length:5\ncontent-length:3\n'),
  row({
    ...{ id: 'no-subscription', point: 'P30', title: 'a MESSAGE without subscription', expected: READ },
    bytes: 'MESSAGE\ndestination:{destination}\nmessage-id:m1\n\nhello\0',
    judge: mustRead(body('hello')),
  }),
  row({
    ...{ id: 'no-message-id', point: 'P20', title: 'a MESSAGE without message-id, as Stompserver sends it' },
    bytes: 'MESSAGE\ndestination:{destination}\n{subscription}\nhello\0',
    judge: reported((found) => body('hello')(found) ?? 'read'),
  }),
  row({
    ...{ id: 'other-subscription', point: 'P30', title: 'a MESSAGE of a subscription that does not exist' },
    bytes: 'MESSAGE\ndestination:/queue/other\nmessage-id:m1\nsubscription:none\n\nhello\0',
    judge: reported(() => 'delivered all the same'),
  }),
  row({
    ...{
      id: 'many-at-once',
      point: 'P1',
      title: 'a hundred messages in one segment come in order',
      expected: READ,
    },
    bytes: Array.from({ length: 100 }, (_, at) => `${message('', `n${at}`).replace('m1', `n${at}`)}\n`).join(
      '',
    ),
    judge: (seen) => {
      const found = seen.bodies().filter((text) => text !== 'after');
      const wanted = Array.from({ length: 100 }, (_, at) => `n${at}`).join();
      return found.join() === wanted ? pass() : fail(`${found.length} of 100`);
    },
  }),
  row({
    ...{ id: 'receipt-of-nobody', point: 'P24', title: 'a RECEIPT that nobody asked for' },
    bytes: 'RECEIPT\nreceipt-id:never\n\n\0',
    judge: (seen) =>
      dialect(seen.bodies().includes('after') ? 'ignored' : seen.isEnded() ? 'ends the connection' : 'hangs'),
  }),
  row({
    ...{ id: 'error', point: 'P23', title: 'an ERROR in between, and no end' },
    bytes: 'ERROR\nmessage:something\n\nwent wrong\0\n',
    judge: (seen) =>
      dialect(seen.bodies().includes('after') ? 'goes on' : seen.isEnded() ? 'ends the connection' : 'hangs'),
  }),
  row({
    ...{
      id: 'long-silence',
      point: 'P28',
      title: 'LFs in a silence, as heart-beats have them',
      expected: READ,
    },
    bytes: `\n\n\n${plain}`,
    pieces: [1, 2, 3],
    judge: mustRead(body('hello')),
  }),
]);
