import type { Seen } from '../seen.js';
import { dialect, type Judgement } from '../verdict.js';
import { answer, dialIn, first, linger, login, mark, probe, quiet, section, write } from './steps.js';

const WRONG = 'CONNECT\n{more}login:{login}\npasscode:not-{passcode}-at-all\n\n\0';
const SUBSCRIBE = 'SUBSCRIBE\ndestination:{t}\nid:s1\nreceipt:sub\n\n\0';

/** What ended the connection, and when: brokers have round numbers of seconds. */
function lasting(seen: Seen): Judgement {
  const { lastedMs } = seen.party('a').conversation;
  const fate = seen.fate('a');
  if (!seen.isEnded('a') || lastedMs === undefined) return dialect(fate);
  const seconds = Math.max(1, Math.round(lastedMs / 5_000) * 5);
  return dialect(`${fate} after ${seconds} s`);
}

function refusedTwice(seen: Seen): Judgement {
  const errors = seen.all('a', 'ERROR').length;
  const end = seen.isEnded('a') ? 'closed' : 'open';
  return dialect(`${errors} ${errors === 1 ? 'ERROR' : 'ERRORs'}, ${end}`);
}

/** Around CONNECT: who is let in, and how long the broker waits. */
export const admissionCases = section('CONNECT', [
  {
    id: 'connect.behind-refusal',
    point: 'P23',
    title: 'how the connection stands behind the refusal of a login',
    expected: 'open',
    steps: [dialIn('a'), write('a', WRONG), first('a'), quiet('a', 2)],
    judge: (seen) => dialect(seen.fate('a')),
  },
  {
    id: 'connect.unknown-host',
    point: 'P21',
    title: 'a virtual host that nobody has made, in the header host, which is not of 1.0',
    expected: 'open',
    steps: [
      dialIn('a'),
      write('a', 'CONNECT\nhost:{r}.none\n{more}login:{login}\npasscode:{passcode}\n\n\0'),
      first('a'),
      quiet('a'),
    ],
    judge: (seen) => dialect(seen.fate('a')),
  },
  {
    id: 'connect.pipelined',
    point: 'P21',
    title: 'CONNECT and SUBSCRIBE in one segment, without waiting for CONNECTED',
    expected: 'open',
    steps: [dialIn('a'), write('a', `{connect}${SUBSCRIBE}`), answer('a', 'sub'), probe('a')],
    judge: (seen) => dialect(seen.fate('a')),
  },
  {
    id: 'connect.pipelined-refused',
    point: 'P21',
    title: 'the same with a wrong passcode: how often the broker refuses',
    expected: 'open',
    steps: [dialIn('a'), write('a', `${WRONG}${SUBSCRIBE}`), first('a'), quiet('a', 2)],
    judge: refusedTwice,
  },
  {
    id: 'connect.nothing-sent',
    point: 'P21',
    title: 'a connection on which no CONNECT comes',
    expected: 'open',
    patient: true,
    steps: [dialIn('a'), linger('a')],
    judge: lasting,
  },
  {
    id: 'connect.half',
    point: 'P21',
    title: 'a connection on which half a CONNECT comes',
    expected: 'open',
    patient: true,
    steps: [dialIn('a'), write('a', 'CONNECT\nlogin:'), linger('a')],
    judge: lasting,
  },
  {
    id: 'connect.idle',
    point: 'P28',
    title: 'a connection on which nothing comes behind CONNECT',
    expected: 'open',
    patient: true,
    steps: [login('a'), mark('a'), linger('a'), probe('a')],
    judge: lasting,
  },
]);
