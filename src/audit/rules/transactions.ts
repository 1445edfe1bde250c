import type { Conversation } from './conversation.js';
import { markOf } from './headers.js';
import { quote, type Rule } from './rule.js';
import type { FrameStep } from './step.js';

const MANY_SINGLE = 20;

/** The transaction that a frame names and that is not open; undefined where it is, or nothing can be said. */
function notOpen(step: FrameStep, { transactions }: Conversation): string | undefined {
  const id = step.frame.headers.get('transaction');
  if (id === undefined || transactions.forgot || transactions.open(id) !== undefined) return undefined;
  return id;
}

function neverBegun(command: 'SEND' | 'ACK' | 'COMMIT' | 'ABORT'): Rule {
  return {
    id: `${command.toLowerCase()}-in-unknown-transaction`,
    point: 'P35',
    spec: command,
    severity: 'violation',
    fault: 'client',
    advice: 'Send BEGIN before the transaction is used.',
    on: 'frame',
    commands: [command],
    check: (step, talk) => {
      const id = notOpen(step, talk);
      if (id === undefined || talk.transactions.ended(id) !== undefined) return undefined;
      return { message: `the transaction ${quote(id)} was not begun`, mark: markOf(step, 'transaction') };
    },
  };
}

/** Begun before they are used, ended once. */
export const TRANSACTION_RULES: readonly Rule[] = [
  neverBegun('SEND'),
  neverBegun('ACK'),
  neverBegun('COMMIT'),
  neverBegun('ABORT'),
  {
    id: 'transaction-begun-twice',
    point: 'P35',
    spec: 'BEGIN',
    severity: 'violation',
    fault: 'client',
    advice: 'End a transaction before its id is used again.',
    on: 'frame',
    commands: ['BEGIN'],
    check: (step, { transactions }) => {
      const id = step.frame.headers.get('transaction') ?? '';
      if (transactions.open(id) === undefined) return undefined;
      return { message: `the transaction ${quote(id)} is open`, mark: markOf(step, 'transaction') };
    },
  },
  {
    id: 'transaction-ended-twice',
    point: 'P35',
    spec: 'COMMIT',
    severity: 'violation',
    fault: 'client',
    advice: 'End a transaction once, by COMMIT or by ABORT.',
    on: 'frame',
    commands: ['COMMIT', 'ABORT'],
    check: (step, talk) => {
      const id = notOpen(step, talk);
      const ended = id === undefined ? undefined : talk.transactions.ended(id);
      if (ended === undefined) return undefined;
      return { message: `${quote(id)} was ended by ${ended} before`, mark: markOf(step, 'transaction') };
    },
  },
  {
    id: 'transaction-used-after-end',
    point: 'P35',
    spec: 'BEGIN',
    severity: 'violation',
    fault: 'client',
    advice: 'Send BEGIN again before the id is used again.',
    on: 'frame',
    commands: ['SEND', 'ACK'],
    check: (step, talk) => {
      const id = notOpen(step, talk);
      const ended = id === undefined ? undefined : talk.transactions.ended(id);
      if (ended === undefined) return undefined;
      return { message: `${quote(id)} was ended by ${ended} before`, mark: markOf(step, 'transaction') };
    },
  },
  {
    id: 'transaction-left-open',
    point: 'P35',
    spec: 'BEGIN',
    severity: 'deviation',
    fault: 'client',
    advice: 'End each transaction: what is in one that is open is thrown away at the end.',
    once: true,
    on: 'frame',
    commands: ['DISCONNECT'],
    check: (_, { transactions }) => {
      const [left] = transactions.left();
      return left && { message: `the transaction ${quote(left.id)} is still open`, about: left.ref };
    },
  },
  {
    id: 'transaction-empty',
    point: 'P35',
    spec: 'COMMIT',
    severity: 'advice',
    fault: 'client',
    advice: 'Begin a transaction when there is something to put into it.',
    once: true,
    on: 'frame',
    commands: ['COMMIT'],
    check: (step, { transactions }) => {
      const found = transactions.open(step.frame.headers.get('transaction') ?? '');
      return found?.sends === 0 && found.acks === 0
        ? `nothing is in the transaction ${quote(found.id)}`
        : undefined;
    },
  },
  {
    id: 'transactions-of-one',
    point: 'P35',
    spec: 'BEGIN',
    severity: 'advice',
    fault: 'client',
    advice: 'Leave the transaction out around a single SEND, or put several into it.',
    once: true,
    on: 'frame',
    commands: ['BEGIN'],
    check: (_, { transactions }) =>
      transactions.single >= MANY_SINGLE
        ? `${transactions.single} transactions in a row had one SEND each`
        : undefined,
  },
  {
    id: 'transaction-header-in-message',
    point: 'P35',
    spec: 'MESSAGE',
    severity: 'dialect',
    fault: 'broker',
    advice: 'Keep the transaction header of SEND out of MESSAGE: RabbitMQ passes it on.',
    once: true,
    on: 'frame',
    commands: ['MESSAGE'],
    check: (step) =>
      step.frame.headers.has('transaction')
        ? { message: 'MESSAGE carries the transaction header of its SEND', mark: markOf(step, 'transaction') }
        : undefined,
  },
];
