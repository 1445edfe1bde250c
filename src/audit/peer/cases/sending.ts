import { demand, dialect, fail, type Judgement, pass } from '../../conformance/verdict.js';
import { headerOf, show } from '../../conformance/wire.js';
import { type ClientSeen, destinationOf } from '../seen.js';
import { awaiting, cannot, ended, finish, message, opened, pause, section, told, write } from './steps.js';

/** Tells the client to do something, with the body of a message. */
const bidden = (order: string) => [...opened(), write('a', message('', order))];

const sends = (seen: ClientSeen) => seen.all('SEND').filter((frame) => destinationOf(frame) === '/queue/out');

function lengthOf(text: string) {
  return (seen: ClientSeen): Judgement => {
    const refused = cannot(seen);
    if (refused) return refused;
    const [frame] = sends(seen);
    if (frame === undefined) return fail('nothing is sent');
    const length = headerOf(frame, 'content-length')?.trim();
    const found = frame.body.toString('latin1');
    if (found !== text || frame.broken)
      return fail(
        `sends ${show(frame.raw.subarray(frame.raw.indexOf('\n\n')), 60)}, content-length:${length ?? 'none'}`,
      );
    return pass(length === undefined ? 'without content-length' : 'with content-length');
  };
}

function injection(seen: ClientSeen): Judgement {
  const refused = cannot(seen);
  if (refused) return refused;
  const evil = seen.frames().some((frame) => frame.lines.some((line) => line.startsWith('evil:')));
  if (evil) return fail('the value becomes a header');
  if (seen.said().includes('refused')) return pass('refused');
  return sends(seen).length > 0 ? dialect('escaped, or left out') : fail('nothing is sent');
}

const echo = (id: string) => [
  ...opened(),
  write('a', message('', 'hello').replace('message-id:m1', `message-id:${id}`)),
  awaiting('a', 'ACK'),
  pause(0.3),
];
const echoes =
  (id: string) =>
  (seen: ClientSeen): Judgement => {
    const [ack] = seen.all('ACK');
    if (ack === undefined) return fail(seen.isEnded() ? 'ends the connection' : 'no ACK');
    const found = headerOf(ack, 'message-id') ?? '';
    return found === id ? pass() : fail(`sends ${show(found, 60)}`);
  };
const ack = (id: string, title: string, value: string) => ({
  ...{ id: `ack.${id}`, point: 'P31', title, expected: `ACK\nmessage-id:${value}\n...` },
  ...{ steps: echo(value), judge: echoes(value) },
});

/** Three SENDs with receipts, which are answered in this order. */
const confirmed = (order: readonly number[]) => [
  ...opened(),
  { do: 'receipts', as: 'a', mode: 'held' } as const,
  write('a', message('', 'receipts')),
  awaiting('a', 'SEND', 3),
  pause(0.5),
  { do: 'release', as: 'a', order } as const,
  pause(),
];

function inOrder(wanted: string) {
  return (seen: ClientSeen): Judgement => {
    const refused = cannot(seen);
    if (refused) return refused;
    const found = seen
      .said()
      .filter((text) => text.startsWith('confirmed '))
      .map((text) => text.slice(10))
      .join();
    return demand(found === wanted, `confirmed: ${found || 'none'}`);
  };
}

export const sendingCases = [
  ...section('SUBSCRIBE', [
    {
      id: 'subscribe.frame',
      point: 'P25',
      title: 'SUBSCRIBE has destination and ack',
      expected: 'SUBSCRIBE\ndestination:/queue/in\nack:client\n...',
      steps: opened(),
      judge: (seen) => {
        const [frame] = seen.all('SUBSCRIBE');
        if (frame === undefined || destinationOf(frame) !== '/queue/in')
          return fail('no SUBSCRIBE to /queue/in');
        const mode = headerOf(frame, 'ack')?.trim() ?? '';
        return demand(mode.startsWith('client') && frame.body.length === 0, `ack:${mode}`);
      },
    },
    {
      id: 'subscribe.id',
      point: 'P25',
      title: 'whether SUBSCRIBE has an id',
      expected: 'open',
      steps: opened(),
      judge: (seen) => dialect(headerOf(seen.all('SUBSCRIBE')[0], 'id') === undefined ? 'no' : 'yes'),
    },
  ]),
  ...section('ACK', [
    ack('sent', 'a message is acknowledged with its message-id', 'm1'),
    ack('colons', 'a message-id with colons and dashes', 'ID:vm-1-33337-2:3:-1:1'),
    ack('at-signs', 'a message-id with @ and /', 'Q_/queue/x@@session-a_b@@1'),
    ack('backslash', 'a message-id with backslashes is echoed as it is', 'a\\cb\\\\n\\n'),
    ack('utf8', 'a message-id of UTF-8', 'm\xc3\xa91'),
    ack('blank-inside', 'a message-id with a blank inside', 'm 1'),
  ]),
  ...section('SEND', [
    {
      id: 'send.utf8-length',
      point: 'P13',
      title: 'content-length counts bytes',
      expected: 'SEND\ncontent-length:9\n...\n\nh\\xc3\\xa9llo\\xe2\\x82\\xac\\0',
      steps: [...bidden('utf8'), awaiting('a', 'SEND'), pause(0.5)],
      judge: lengthOf('h\xc3\xa9llo\xe2\x82\xac'),
    },
    {
      id: 'send.nul',
      point: 'P13',
      title: 'a body with a NUL is sent with its length',
      expected: 'SEND\ncontent-length:3\n...\n\na\\0b\\0',
      steps: [...bidden('nul'), awaiting('a', 'SEND'), pause(0.5)],
      judge: lengthOf('a\0b'),
    },
    {
      id: 'send.injection',
      point: 'P12',
      title: 'a value with a line feed does not become a header',
      expected: 'no header evil',
      steps: [...bidden('inject'), awaiting('a', 'SEND'), pause(0.5)],
      judge: injection,
    },
    {
      id: 'send.well-formed',
      point: 'P1',
      title: 'every frame is well formed',
      expected: '<command>\n<name>:<value>\n\n<body>\\0',
      steps: [...bidden('hello'), told('a', 'hello')],
      judge: (seen) => {
        const bad = seen
          .frames()
          .find((frame) => frame.broken || frame.lines.some((line) => line.indexOf(':') < 1));
        return demand(bad === undefined, `not well formed: ${bad?.command}`);
      },
    },
  ]),
  ...section('Receipt', [
    {
      id: 'receipt.late',
      point: 'P24',
      title: 'a SEND counts as confirmed when its RECEIPT has come, and not before',
      expected: 'confirmed 1, 2, 3',
      steps: confirmed([0, 1, 2]),
      judge: inOrder('1,2,3'),
    },
    {
      id: 'receipt.never',
      point: 'P24',
      title: 'without RECEIPT nothing counts as confirmed',
      expected: 'nothing is confirmed',
      steps: confirmed([]),
      judge: inOrder(''),
    },
    {
      id: 'receipt.out-of-order',
      point: 'P24',
      title: 'RECEIPTs that come in another order',
      expected: 'confirmed 3, 1, 2',
      steps: confirmed([2, 0, 1]),
      judge: inOrder('3,1,2'),
    },
  ]),
  ...section('DISCONNECT', [
    {
      id: 'disconnect.sent',
      point: 'P27',
      title: 'DISCONNECT is sent before the connection is closed',
      expected: 'DISCONNECT\n\n\\0 [end]',
      steps: [...bidden('bye'), awaiting('a', 'DISCONNECT'), finish('a'), ended('a')],
      judge: (seen) => {
        if (!seen.isEnded()) return fail('the connection stays open');
        return seen.all('DISCONNECT').length === 1 ? pass() : dialect('closes without it');
      },
    },
    {
      id: 'disconnect.end-inside',
      point: 'P19',
      title: 'half a MESSAGE is not a message when the connection ends',
      expected: 'nothing is delivered',
      steps: [...opened(), write('a', message('', 'hell').slice(0, -1)), pause(), finish('a'), pause(2)],
      judge: (seen) => demand(seen.told().length === 0, 'it is delivered'),
    },
  ]),
];
