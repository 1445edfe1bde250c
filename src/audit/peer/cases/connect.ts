import { demand, dialect, fail, type Judgement, notSupported, pass } from '../../conformance/verdict.js';
import { headerOf } from '../../conformance/wire.js';
import type { ClientSeen } from '../seen.js';
import {
  accept,
  acceptAgain,
  awaiting,
  CONNECTED,
  cut,
  ended,
  finish,
  greeted,
  message,
  opened,
  pause,
  SOUND,
  section,
  told,
  write,
} from './steps.js';

/** Dials in about a second above which a client does not wait between them. */
const STORM = 10;

/** What a client does that was not let in. */
function gaveUp(seen: ClientSeen): Judgement {
  const more = seen.frames().find(({ command }) => command !== 'CONNECT' && command !== 'DISCONNECT');
  if (more !== undefined) return fail(`goes on with ${more.command}`);
  if (seen.accepted > STORM) return fail('dials again and again without a pause');
  return seen.isEnded() ? pass('closes') : dialect('keeps the connection');
}

const connects = (seen: ClientSeen): Judgement =>
  seen.all('SUBSCRIBE').length > 0 ? pass() : fail(seen.isEnded() ? 'ends the connection' : 'waits');

const answeredBy = (bytes: string) => [accept('a'), awaiting('a', 'CONNECT'), write('a', bytes)];
/** The same for every CONNECT, and then the end, as brokers do it. */
const refusedBy = (bytes: string, then: 'finish' | 'cut' | 'keep' = 'finish') => [
  { do: 'refuse', bytes, then } as const,
  ...[accept('a'), awaiting('a', 'CONNECT'), ended('a'), pause(10)],
];
const welcomed = (bytes: string, pieces?: readonly number[]) => [
  accept('a'),
  awaiting('a', 'CONNECT'),
  write('a', bytes, pieces),
  awaiting('a', 'SUBSCRIBE'),
];

function first(seen: ClientSeen): Judgement {
  const [frame] = seen.frames();
  if (frame?.command !== 'CONNECT') return fail(`begins with ${frame?.command ?? 'nothing'}`);
  const login = headerOf(frame, 'login')?.trim();
  const passcode = headerOf(frame, 'passcode')?.trim();
  if (login !== 'me' || passcode !== 'secret') return fail('login or passcode is not there');
  return demand(!frame.broken && frame.body.length === 0, 'not well formed');
}

const failover =
  (body: string) =>
  (seen: ClientSeen): Judgement => {
    if (!seen.has('b')) return notSupported('no connection to the second port');
    if (seen.all('SUBSCRIBE', 'b').length === 0) return fail('does not subscribe again');
    const order = seen.frames('b').map(({ command }) => command);
    if (order.indexOf('SEND') >= 0 && order.indexOf('SEND') < order.indexOf('SUBSCRIBE'))
      return fail('sends before it subscribes');
    return demand(seen.bodies('b').includes(body), 'does not read on');
  };

const DIE = { do: 'die' } as const;
const second = [
  acceptAgain('b', 'second'),
  ...greeted('b'),
  awaiting('b', 'SUBSCRIBE'),
  write('b', SOUND),
  told('b', 'after'),
];

const CLOSED = 'the connection is closed, nothing else is sent';

export const connectCases = section('CONNECT', [
  {
    id: 'connect.frame',
    point: 'P21',
    title: 'CONNECT with login and passcode comes first',
    expected: 'CONNECT\nlogin:me\npasscode:secret\n\n\\0',
    steps: opened(),
    judge: first,
  },
  {
    id: 'connect.version',
    point: 'P21',
    title: 'whether CONNECT asks for another version',
    expected: 'open',
    steps: opened(),
    judge: (seen) => {
      const version = headerOf(seen.frames()[0], 'accept-version');
      return dialect(version === undefined ? 'no' : `accept-version:${version.trim()}`);
    },
  },
  {
    id: 'connect.waits',
    point: 'P21',
    title: 'nothing is sent before CONNECTED',
    expected: 'CONNECT alone',
    steps: [accept('a'), awaiting('a', 'CONNECT'), pause(2)],
    judge: (seen) => (seen.frames().length === 1 ? pass() : dialect(`sends ${seen.frames()[1]?.command}`)),
  },
  {
    id: 'connect.no-headers',
    point: 'P1',
    title: 'CONNECTED without headers',
    expected: 'SUBSCRIBE\n...',
    steps: welcomed('CONNECTED\n\n\0'),
    judge: connects,
  },
  {
    id: 'connect.in-pieces',
    point: 'P1',
    title: 'CONNECTED in pieces',
    expected: 'SUBSCRIBE\n...',
    steps: welcomed(CONNECTED, [1, 9, 10, 12, 23, 24, 25]),
    judge: connects,
  },
  {
    id: 'connect.lf-behind',
    point: 'P2',
    title: 'an LF behind the NUL of CONNECTED, as all known brokers write it',
    expected: 'SUBSCRIBE\n...',
    steps: welcomed(`${CONNECTED}\n`),
    judge: connects,
  },
  {
    id: 'connect.lf-before',
    point: 'P4',
    title: 'LFs in front of CONNECTED',
    expected: 'open',
    steps: welcomed(`\n\n${CONNECTED}`),
    judge: (seen) => dialect(connects(seen).verdict === 'pass' ? 'skipped' : connects(seen).observed),
  },
  {
    id: 'connect.other-headers',
    point: 'P28',
    title: 'CONNECTED with heart-beat, server and version',
    expected: 'SUBSCRIBE\n...',
    steps: welcomed('CONNECTED\nserver:x/1\nsession:ID:a-1:2\nheart-beat:0,0\nversion:1.0\n\n\0\n'),
    judge: connects,
  },
  {
    id: 'connect.error',
    point: 'P21',
    title: 'ERROR in place of CONNECTED, and the end',
    expected: CLOSED,
    steps: refusedBy('ERROR\nmessage:no\n\nnot today\0\n'),
    judge: gaveUp,
  },
  {
    id: 'connect.error-open',
    point: 'P21',
    title: 'ERROR in place of CONNECTED, and no end',
    expected: CLOSED,
    steps: refusedBy('ERROR\nmessage:no\ncontent-length:3\n\nno\n\0\n', 'keep'),
    judge: gaveUp,
  },
  {
    id: 'connect.other-frame',
    point: 'P21',
    title: 'RECEIPT in place of CONNECTED',
    expected: CLOSED,
    steps: refusedBy('RECEIPT\nreceipt-id:1\n\n\0', 'keep'),
    judge: gaveUp,
  },
  {
    id: 'connect.http',
    point: 'P3',
    title: 'an HTTP answer in place of CONNECTED',
    expected: CLOSED,
    steps: refusedBy('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'),
    judge: gaveUp,
  },
  {
    id: 'connect.end',
    point: 'P21',
    title: 'the end in place of CONNECTED',
    expected: CLOSED,
    steps: refusedBy(''),
    judge: gaveUp,
  },
  {
    id: 'connect.reset',
    point: 'P21',
    title: 'a reset in place of CONNECTED',
    expected: 'no storm of dials',
    steps: refusedBy('', 'cut'),
    judge: (seen) => demand(seen.accepted <= STORM, 'dials again and again without a pause'),
  },
  {
    id: 'connect.silence',
    point: 'P21',
    title: 'silence in place of CONNECTED',
    expected: CLOSED,
    steps: [accept('a'), awaiting('a', 'CONNECT'), ended('a')],
    judge: gaveUp,
  },
  {
    id: 'connect.cut-inside',
    point: 'P19',
    title: 'CONNECTED that ends after 20 bytes',
    expected: CLOSED,
    steps: refusedBy(CONNECTED.slice(0, 20)),
    judge: gaveUp,
  },
  {
    id: 'failover.cut',
    point: 'P40',
    title: 'a connection that is cut is followed by one to the second port, with its subscription',
    expected: 'CONNECT\n...SUBSCRIBE\n...',
    steps: [...opened(), write('a', message('', 'one')), told('a', 'one'), cut('a'), DIE, ...second],
    judge: failover('after'),
  },
  {
    id: 'failover.end',
    point: 'P40',
    title: 'the same where the broker ends it in order',
    expected: 'CONNECT\n...SUBSCRIBE\n...',
    steps: [...opened(), write('a', message('', 'one')), told('a', 'one'), finish('a'), DIE, ...second],
    judge: failover('after'),
  },
  {
    id: 'failover.refused',
    point: 'P40',
    title: 'ERROR from the first broker is followed by a connection to the second',
    expected: 'CONNECT\n...',
    steps: [...answeredBy('ERROR\nmessage:no\n\n\0'), finish('a'), ...second],
    judge: failover('after'),
  },
  {
    id: 'failover.silence',
    point: 'P40',
    title: 'silence from the first broker is followed by a connection to the second',
    expected: 'CONNECT\n...',
    steps: [accept('a'), awaiting('a', 'CONNECT'), ...second],
    judge: failover('after'),
  },
]);
