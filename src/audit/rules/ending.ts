import { quote, type Rule } from './rule.js';
import { fromBroker, fromClient, overdue } from './sides.js';

/** How long a refused connection may stay open. */
const LINGER_MS = 5_000;

/** Refusals and the end. */
export const END_RULES: readonly Rule[] = [
  {
    id: 'goes-on-after-refusal',
    point: 'P21',
    spec: 'opening',
    severity: 'violation',
    fault: 'client',
    advice: 'Close the socket when CONNECT was answered by ERROR.',
    once: true,
    on: 'frame',
    check: (step, talk) =>
      fromClient(step) && talk.phase === 'refused' && step.command !== 'CONNECT'
        ? `${step.command} is sent although the broker has refused`
        : undefined,
  },
  {
    id: 'refused-and-left-open',
    point: 'P23',
    spec: 'ERROR',
    severity: 'dialect',
    fault: 'broker',
    advice: 'Close the socket behind an ERROR that refuses CONNECT: clients wait for it.',
    on: 'close',
    check: (step, talk) =>
      talk.refusedAtMs !== undefined && step.by !== 'client' && step.atMs - talk.refusedAtMs >= LINGER_MS
        ? `the socket stayed open for ${Math.round((step.atMs - talk.refusedAtMs) / 1000)} s behind the refusal`
        : undefined,
  },
  {
    id: 'frame-after-disconnect',
    point: 'P27',
    spec: 'DISCONNECT',
    severity: 'violation',
    fault: 'client',
    advice: 'Send nothing behind DISCONNECT.',
    once: true,
    on: 'frame',
    check: (step, talk) =>
      fromClient(step) && talk.phase === 'leaving' ? `${step.command} is sent behind DISCONNECT` : undefined,
  },
  {
    id: 'frame-behind-farewell',
    point: 'P27',
    spec: 'DISCONNECT',
    severity: 'violation',
    fault: 'broker',
    advice: 'Send nothing behind the receipt of DISCONNECT.',
    once: true,
    on: 'frame',
    check: (step, talk) =>
      fromBroker(step) && talk.farewell?.answered
        ? `${step.command} came behind the receipt of DISCONNECT`
        : undefined,
  },
  {
    id: 'disconnect-not-answered',
    point: 'P27',
    spec: 'Receipt',
    severity: 'deviation',
    fault: 'broker',
    advice: 'Send the receipt of DISCONNECT before the socket is closed: Stompserver does not.',
    on: 'close',
    check: (step, { farewell, disconnect, blind }) =>
      farewell && disconnect && !farewell.answered && !blind && overdue(step, disconnect.atMs)
        ? { message: `the receipt ${quote(farewell.id)} of DISCONNECT never came`, about: disconnect }
        : undefined,
  },
  {
    id: 'closed-without-disconnect',
    point: 'P27',
    spec: 'DISCONNECT',
    severity: 'advice',
    fault: 'client',
    advice: 'Send DISCONNECT with a receipt before closing, so that everything before has arrived.',
    on: 'close',
    check: (step, talk) =>
      step.by === 'client' && talk.phase === 'connected' && !talk.blind
        ? 'the client closed without DISCONNECT'
        : undefined,
  },
];
