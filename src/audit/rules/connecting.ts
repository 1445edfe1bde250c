import type { Conversation } from './conversation.js';
import { markOf } from './headers.js';
import { quote, type Rule, type Told } from './rule.js';
import { fromBroker, fromClient, overdue } from './sides.js';
import type { FrameStep } from './step.js';

const LOOPBACK = /^stomp(\+ssl)?:\/\/(localhost|127\.[0-9.]+|\[::1\])(:|$)/;
function saysVersion(value: string | undefined): boolean {
  return value !== undefined && value !== '1.0';
}

function mark(step: FrameStep, name: string, message: string): Told {
  return { message, mark: markOf(step, name) };
}

function early(step: FrameStep, talk: Conversation): Told {
  if (!fromBroker(step) || talk.phase === 'connected' || talk.phase === 'leaving') return undefined;
  return step.command === 'MESSAGE' || step.command === 'RECEIPT'
    ? `${step.command} before CONNECTED`
    : undefined;
}

/** From CONNECT to CONNECTED. */
export const CONNECT_RULES: readonly Rule[] = [
  {
    id: 'frame-before-connect',
    point: 'P21',
    spec: 'opening',
    severity: 'violation',
    fault: 'client',
    advice: 'Send CONNECT first.',
    once: true,
    on: 'frame',
    check: (step, talk) =>
      fromClient(step) && talk.phase === 'new' && step.command !== 'CONNECT' && step.command !== 'STOMP'
        ? `${quote(step.command)} comes before CONNECT`
        : undefined,
  },
  {
    id: 'frame-before-connected',
    point: 'P21',
    spec: 'opening',
    severity: 'deviation',
    fault: 'client',
    advice: 'Wait for CONNECTED: what is sent before is lost when the broker refuses.',
    once: true,
    on: 'frame',
    check: (step, talk) =>
      fromClient(step) && talk.phase === 'connecting' && step.command !== 'CONNECT'
        ? `${step.command} is sent before CONNECTED has come`
        : undefined,
  },
  {
    id: 'second-connect',
    point: 'P21',
    spec: 'opening',
    severity: 'violation',
    fault: 'client',
    advice: 'Send CONNECT once; for another login make another connection.',
    on: 'frame',
    commands: ['CONNECT'],
    check: (step, talk) =>
      fromClient(step) && talk.connect !== undefined ? 'CONNECT was sent before' : undefined,
  },
  {
    id: 'receipt-on-connect',
    point: 'P24',
    spec: 'Receipt',
    severity: 'violation',
    fault: 'client',
    advice: 'Wait for CONNECTED instead: it is the receipt of CONNECT.',
    on: 'frame',
    commands: ['CONNECT'],
    check: (step) =>
      step.frame.headers.has('receipt') ? mark(step, 'receipt', 'CONNECT asks for a receipt') : undefined,
  },
  {
    id: 'accept-version-in-connect',
    point: 'P21',
    spec: 'silent',
    severity: 'dialect',
    fault: 'client',
    advice: 'Leave accept-version out, or offer 1.0 alone, for a session of 1.0.',
    on: 'frame',
    commands: ['CONNECT'],
    check: (step) =>
      saysVersion(step.frame.headers.get('accept-version'))
        ? mark(step, 'accept-version', 'CONNECT offers a later version')
        : undefined,
  },
  {
    id: 'heart-beat-asked',
    point: 'P28',
    spec: 'silent',
    severity: 'dialect',
    fault: 'client',
    advice: 'Do not ask for heart-beats in 1.0: some brokers beat then, and some say nothing.',
    on: 'frame',
    commands: ['CONNECT'],
    check: (step) =>
      (step.frame.headers.get('heart-beat') ?? '0,0') === '0,0'
        ? undefined
        : mark(step, 'heart-beat', 'CONNECT asks for heart-beats'),
  },
  {
    id: 'passcode-in-clear',
    point: 'P21',
    spec: 'opening',
    severity: 'advice',
    fault: 'client',
    advice: 'Use TLS: anybody on the way can read this passcode.',
    on: 'frame',
    commands: ['CONNECT'],
    check: (step, { endpoint }) =>
      step.frame.headers.has('passcode') && endpoint.startsWith('stomp://') && !LOOPBACK.test(endpoint)
        ? mark(step, 'passcode', `a passcode goes to ${endpoint} in clear`)
        : undefined,
  },
  {
    id: 'passcode-without-login',
    point: 'P21',
    spec: 'opening',
    severity: 'deviation',
    fault: 'client',
    advice: 'Send login and passcode together, or neither.',
    on: 'frame',
    commands: ['CONNECT'],
    check: (step) =>
      step.frame.headers.has('passcode') && !step.frame.headers.has('login')
        ? mark(step, 'passcode', 'there is a passcode and no login')
        : undefined,
  },
  {
    id: 'connected-unasked',
    point: 'P21',
    spec: 'opening',
    severity: 'violation',
    fault: 'broker',
    advice: 'Send CONNECTED in answer to CONNECT alone.',
    on: 'frame',
    commands: ['CONNECTED'],
    check: (step, talk) =>
      fromBroker(step) && talk.phase === 'new' ? 'CONNECTED came before any CONNECT' : undefined,
  },
  {
    id: 'second-connected',
    point: 'P21',
    spec: 'opening',
    severity: 'violation',
    fault: 'broker',
    advice: 'Send CONNECTED once.',
    on: 'frame',
    commands: ['CONNECTED'],
    check: (step, talk) =>
      fromBroker(step) && (talk.phase === 'connected' || talk.phase === 'leaving')
        ? 'CONNECTED came before'
        : undefined,
  },
  {
    id: 'connected-without-session',
    point: 'P21',
    spec: 'opening',
    severity: 'deviation',
    fault: 'broker',
    advice: 'Send the session header with CONNECTED.',
    on: 'frame',
    commands: ['CONNECTED'],
    check: ({ frame }) => (frame.headers.has('session') ? undefined : 'CONNECTED has no session header'),
  },
  {
    id: 'connected-with-later-version',
    point: 'P21',
    spec: 'silent',
    severity: 'dialect',
    fault: 'broker',
    advice: 'Answer a CONNECT of 1.0 with 1.0: rules of a later version differ from these.',
    on: 'frame',
    commands: ['CONNECTED'],
    check: (step) =>
      saysVersion(step.frame.headers.get('version'))
        ? mark(step, 'version', `the session is one of ${step.frame.headers.get('version')}`)
        : undefined,
  },
  {
    id: 'heart-beat-promised',
    point: 'P28',
    spec: 'silent',
    severity: 'dialect',
    fault: 'broker',
    advice: 'Promise no heart-beats in 1.0.',
    on: 'frame',
    commands: ['CONNECTED'],
    check: (step) =>
      (step.frame.headers.get('heart-beat') ?? '0,0') === '0,0'
        ? undefined
        : mark(step, 'heart-beat', 'CONNECTED promises heart-beats'),
  },
  {
    id: 'server-frame-before-connected',
    point: 'P21',
    spec: 'opening',
    severity: 'violation',
    fault: 'broker',
    advice: 'Send nothing but CONNECTED or ERROR in answer to CONNECT.',
    once: true,
    on: 'frame',
    check: early,
  },
  {
    id: 'connect-not-answered',
    point: 'P21',
    spec: 'opening',
    severity: 'violation',
    fault: 'broker',
    advice: 'Answer each CONNECT with CONNECTED, or with ERROR.',
    on: 'close',
    check: (step, talk) =>
      talk.phase === 'connecting' && talk.connect && !talk.blind && overdue(step, talk.connect.atMs)
        ? { message: 'CONNECT was never answered', about: talk.connect }
        : undefined,
  },
];
