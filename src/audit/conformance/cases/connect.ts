import type { Seen } from '../seen.js';
import { demand, dialect, fail, type Judgement, notSupported, pass } from '../verdict.js';
import { answer, dialIn, first, login, mark, pause, probe, quiet, section, write } from './steps.js';

const CONNECTED = 'CONNECTED\n...\n\n\\0';

/** `CONNECTED`, or what came in its place. */
function welcome(seen: Seen): string {
  const connected = seen.first('a', 'CONNECTED');
  return connected === undefined ? seen.fate('a') : 'CONNECTED';
}

const mustConnect = (seen: Seen): Judgement => demand(welcome(seen) === 'CONNECTED', seen.fate('a'));

/** Which of these headers CONNECTED had, with their values. */
function version(seen: Seen): Judgement {
  const connected = seen.first('a', 'CONNECTED');
  if (connected === undefined) return dialect(seen.fate('a'));
  const chosen = seen.header(connected, 'version');
  return dialect(chosen === undefined ? 'ignored' : `picks ${chosen}`);
}

function heartBeat(seen: Seen): Judgement {
  const answered = seen.header(seen.first('a', 'CONNECTED'), 'heart-beat');
  // One LF may be late and belong to the end of CONNECTED.
  const received = seen.party('a').conversation.passed.filter(({ direction }) => direction === 'received');
  const alone = received.filter(({ bytes }) => /^\n+$/.test(bytes.toString('latin1'))).length;
  const beats = alone > 1 ? 'sends LF' : 'sends nothing';
  return dialect(answered === undefined ? `ignored, ${beats}` : `answers ${answered}, ${beats}`);
}

function sessions(seen: Seen): Judgement {
  const [one, other] = ['a', 'b'].map((as) => seen.header(seen.first(as, 'CONNECTED'), 'session'));
  if (one === undefined || other === undefined) return dialect('no session header');
  return dialect(one === other ? 'always the same' : 'a new one each time');
}

function receipted(seen: Seen): Judgement {
  const connected = seen.first('a', 'CONNECTED');
  if (connected === undefined) return fail(seen.fate('a'));
  if (seen.receipts('a', 'c1') > 0) return dialect('a RECEIPT behind CONNECTED');
  return dialect(seen.header(connected, 'receipt-id') === 'c1' ? 'receipt-id in CONNECTED' : 'ignored');
}

function refused(seen: Seen): Judgement {
  if (seen.first('a', 'CONNECTED')) return notSupported('any passcode will do');
  if (!seen.first('a', 'ERROR')) return dialect(seen.fate('a'));
  return pass(seen.fate('a'));
}

function extras(seen: Seen): Judgement {
  const names = seen.first('a', 'CONNECTED')?.lines.map((line) => line.slice(0, line.indexOf(':'))) ?? [];
  return dialect(names.length === 0 ? 'none' : names.sort().join(', '));
}

const attempt = (bytes: string) => [dialIn('a'), write('a', bytes), first('a'), quiet('a')];
/** Headers that the target needs come from `{connect}`; these stand in front of its first header. */
const opened = (headers: string) => attempt(`CONNECT\n{more}${headers}\n\0`);
/** We keep our half of the promise, or the broker would have a reason to end the connection. */
const BEATS = Array.from({ length: 8 }, () => [write('a', '\n'), pause(2)]).flat();
const LOGIN = 'login:{login}\npasscode:{passcode}\n';

/** A ClientHello of TLS 1.2 whose random bytes count from 0 to 31. */
const RANDOM = String.fromCharCode(...Array.from({ length: 32 }, (_, index) => index));
const HELLO = `\x16\x03\x01\0\x2f\x01\0\0\x2b\x03\x03${RANDOM}\0\0\x04\xc0\x2f\x13\x01\x01\0`;

export const connectCases = section('CONNECT', [
  {
    id: 'connect.connected',
    point: 'P21',
    title: 'CONNECT is answered by CONNECTED',
    expected: CONNECTED,
    steps: [dialIn('a'), write('a', '{connect}'), first('a')],
    judge: mustConnect,
  },
  {
    id: 'connect.headers',
    point: 'P21',
    title: 'which headers CONNECTED has',
    expected: 'CONNECTED\nsession:...\n\n\\0',
    steps: [dialIn('a'), write('a', '{connect}'), first('a')],
    judge: extras,
  },
  {
    id: 'connect.session',
    point: 'P21',
    title: 'whether the session header is new for each connection',
    expected: 'open',
    steps: [
      dialIn('a'),
      write('a', '{connect}'),
      first('a'),
      dialIn('b'),
      write('b', '{connect}'),
      first('b'),
    ],
    judge: sessions,
  },
  {
    id: 'connect.byte-by-byte',
    point: 'P1',
    title: 'CONNECT in pieces of a few bytes',
    expected: CONNECTED,
    steps: [dialIn('a'), write('a', '{connect}', [1, 2, 7, 8, 9, 15]), first('a')],
    judge: mustConnect,
  },
  {
    id: 'connect.lf-before',
    point: 'P4',
    title: 'line feeds in front of CONNECT',
    expected: 'open',
    steps: [dialIn('a'), write('a', '\n\n{connect}'), first('a')],
    judge: (seen) => dialect(welcome(seen)),
  },
  {
    id: 'connect.receipt',
    point: 'P24',
    title: 'receipt on CONNECT, which is the one frame that may not ask for it',
    expected: 'open',
    steps: opened(`${LOGIN}receipt:c1\n`),
    judge: receipted,
  },
  {
    id: 'connect.bad-passcode',
    point: 'P21',
    title: 'a wrong passcode is refused',
    expected: 'ERROR\nmessage:...\n\n...\\0',
    steps: [...opened('login:{login}\npasscode:not-{passcode}-at-all\n'), quiet('a')],
    judge: refused,
  },
  {
    id: 'connect.no-login',
    point: 'P21',
    title: 'CONNECT without login and passcode',
    expected: 'open',
    steps: opened(''),
    judge: (seen) => dialect(seen.fate('a')),
  },
  {
    id: 'connect.blank-before-login',
    point: 'P6',
    title: 'a blank behind the colon, as in the examples of the specification',
    expected: CONNECTED,
    steps: opened('login: {login}\npasscode: {passcode}\n'),
    judge: mustConnect,
  },
  {
    id: 'connect.blank-after-login',
    point: 'P6',
    title: 'a blank behind the login',
    expected: 'open',
    steps: opened('login:{login} \npasscode:{passcode}\n'),
    judge: (seen) => dialect(welcome(seen)),
  },
  {
    id: 'connect.blank-before-colon',
    point: 'P7',
    title: 'a blank between `login` and its colon',
    expected: 'open',
    steps: opened('login :{login}\npasscode :{passcode}\n'),
    judge: (seen) => dialect(welcome(seen)),
  },
  {
    id: 'connect.accept-version-1.1',
    point: 'P21',
    title: 'accept-version:1.1,1.0, which is not of 1.0',
    expected: 'open',
    steps: opened(`accept-version:1.1,1.0\nhost:/\n${LOGIN}`),
    judge: version,
  },
  {
    id: 'connect.accept-version-1.2',
    point: 'P21',
    title: 'accept-version:1.0,1.1,1.2, which is not of 1.0',
    expected: 'open',
    steps: opened(`accept-version:1.0,1.1,1.2\nhost:/\n${LOGIN}`),
    judge: version,
  },
  {
    id: 'connect.heart-beat',
    point: 'P28',
    title: 'heart-beat:500,500 with accept-version:1.0',
    expected: 'open',
    steps: [...opened(`accept-version:1.0\nhost:/\nheart-beat:500,500\n${LOGIN}`), ...BEATS],
    judge: heartBeat,
  },
  {
    id: 'connect.stomp-command',
    point: 'P21',
    title: 'STOMP in place of CONNECT, which came with 1.1',
    expected: 'open',
    steps: attempt(`STOMP\n${LOGIN}\n\0`),
    judge: (seen) => dialect(seen.fate('a')),
  },
  {
    id: 'connect.twice',
    point: 'P21',
    title: 'a second CONNECT on the same connection',
    expected: 'open',
    steps: [login('a'), mark('a'), write('a', '{connect}'), first('a'), probe('a')],
    judge: (seen) => dialect(seen.fate('a')),
  },
  {
    id: 'connect.send-before',
    point: 'P21',
    title: 'a frame before CONNECT',
    expected: 'open',
    steps: [
      dialIn('a'),
      write('a', 'SEND\ndestination:{nowhere}\nreceipt:r1\n\nx\0'),
      answer('a', 'r1'),
      quiet('a'),
    ],
    judge: (seen) => dialect(seen.fate('a')),
  },
  {
    id: 'connect.hello-of-tls',
    point: 'P3',
    title: 'a ClientHello of TLS on a plain port',
    expected: 'open',
    steps: [{ do: 'dial', as: 'a', plain: true }, write('a', HELLO), first('a'), quiet('a')],
    judge: (seen) => (seen.isTls ? notSupported('a TLS port') : dialect(seen.fate('a'))),
  },
  {
    id: 'connect.plain-to-tls',
    point: 'P3',
    title: 'a plain CONNECT to a TLS port',
    expected: 'open',
    steps: [{ do: 'dial', as: 'a', plain: true }, write('a', 'CONNECT\n\n\0'), first('a')],
    judge: (seen) => {
      if (!seen.isTls) return notSupported('a plain port');
      const first = seen.party('a').conversation.passed.find(({ direction }) => direction === 'received');
      return dialect(
        first?.bytes[0] === 0x15 ? `a TLS alert of ${first.bytes.length} bytes` : seen.fate('a'),
      );
    },
  },
]);
