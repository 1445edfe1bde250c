import { type Conversation, HASTY_MS } from './conversation.js';
import { quote, type Rule } from './rule.js';
import type { FrameStep } from './step.js';

const STORM = 50;
const STORM_MS = 1_000;
const CHURN = 10;
const HASTY = 4;
const SHORT = 5;
const FEW_FRAMES = 20;
const PIECES = 3;

/** The rule that tells the fifty-first SUBSCRIBE of a second from the first fifty. */
function storm({ atMs }: FrameStep, { subscribedAtMs }: Conversation): string | undefined {
  const first = subscribedAtMs.at(-STORM);
  if (first === undefined || atMs - first >= STORM_MS) return undefined;
  return `more than ${STORM} SUBSCRIBEs in ${Math.round(atMs - first)} ms`;
}

/** Allowed, and a waste of something. */
export const WASTE_RULES: readonly Rule[] = [
  {
    id: 'subscribe-storm',
    point: 'P25',
    spec: 'SUBSCRIBE',
    severity: 'advice',
    fault: 'client',
    advice: 'Subscribe to fewer names, with wildcards, or spread over time.',
    once: true,
    on: 'frame',
    commands: ['SUBSCRIBE'],
    check: storm,
  },
  {
    id: 'subscription-churn',
    point: 'P26',
    spec: 'UNSUBSCRIBE',
    severity: 'advice',
    fault: 'client',
    advice: 'Keep the subscription: what is sent between two of them is not delivered by a topic.',
    once: true,
    on: 'frame',
    commands: ['SUBSCRIBE'],
    check: ({ frame }, { churn }) => {
      const destination = frame.headers.get('destination') ?? '';
      const times = churn.get(destination) ?? 0;
      return times >= CHURN ? `${quote(destination)} was unsubscribed ${times} times before` : undefined;
    },
  },
  {
    id: 'reconnect-without-back-off',
    point: 'P40',
    spec: 'silent',
    severity: 'advice',
    fault: 'client',
    advice: 'Wait before dialling again, and longer each time.',
    on: 'open',
    check: ({ atMs }, { history, endpoint }) => {
      const { endedAtMs, hasty } = history.endpoint(endpoint);
      if (endedAtMs === undefined || atMs - endedAtMs >= HASTY_MS || hasty !== HASTY) return undefined;
      return `${hasty + 1} times in a row ${endpoint} was dialled at once after an end`;
    },
  },
  {
    id: 'connection-for-each-message',
    point: 'P22',
    spec: 'silent',
    severity: 'advice',
    fault: 'client',
    advice: 'Keep one connection and send over that.',
    on: 'open',
    check: (_, { history, endpoint }) =>
      history.endpoint(endpoint).short === SHORT
        ? `${SHORT} connections in a row carried one SEND each`
        : undefined,
  },
  {
    id: 'frames-in-pieces',
    point: 'P1',
    spec: 'silent',
    severity: 'advice',
    fault: 'sender',
    advice: 'Write a frame in one go: each small write may cost a packet and a wake-up.',
    once: true,
    on: 'frame',
    check: ({ direction, frame, pieces }, { flows }) => {
      const { frames, extraPieces } = flows[direction];
      if (frames < FEW_FRAMES || frame.byteLength > 4096 || pieces <= PIECES) return undefined;
      return extraPieces >= frames * PIECES
        ? `frames come in ${Math.round(extraPieces / frames) + 1} pieces`
        : undefined;
    },
  },
];
