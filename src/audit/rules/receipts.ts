import type { Conversation } from './conversation.js';
import { markOf } from './headers.js';
import type { ReceiptModel } from './receipts-model.js';
import { quote, type Rule } from './rule.js';
import { overdue } from './sides.js';
import type { CloseStep } from './step.js';

const ONE_BY_ONE = 50;

/** A receipt that should have come: long ago, or before that of DISCONNECT. */
function unanswered(step: CloseStep, talk: Conversation): ReceiptModel | undefined {
  if (talk.blind || talk.namelessErrors > 0) return undefined;
  for (const receipt of talk.receipts.all()) {
    if (receipt.command === 'DISCONNECT' || receipt.command === 'CONNECT') continue;
    if (receipt.transaction !== undefined && talk.transactions.open(receipt.transaction)) continue;
    if (talk.farewell?.answered || overdue(step, receipt.ref.atMs)) return receipt;
  }
  return undefined;
}

/** Receipts: asked for once, answered once. */
export const RECEIPT_RULES: readonly Rule[] = [
  {
    id: 'receipt-unasked',
    point: 'P24',
    spec: 'RECEIPT',
    severity: 'violation',
    fault: 'broker',
    advice: 'Send RECEIPT only for a frame that asked for one, with its very id.',
    on: 'frame',
    commands: ['RECEIPT'],
    check: (step, { receipts, phase }) => {
      const id = step.frame.headers.get('receipt-id');
      if (id === undefined || receipts.forgot || phase === 'new' || phase === 'connecting') return undefined;
      if (receipts.wait(id) !== undefined || receipts.done(id) !== undefined) return undefined;
      return { message: `nobody asked for the receipt ${quote(id)}`, mark: markOf(step, 'receipt-id') };
    },
  },
  {
    id: 'receipt-twice',
    point: 'P24',
    spec: 'RECEIPT',
    severity: 'violation',
    fault: 'broker',
    advice: 'Confirm each frame once: Stompserver confirms a SEND in a transaction twice.',
    on: 'frame',
    commands: ['RECEIPT'],
    check: (step, { receipts }) => {
      const id = step.frame.headers.get('receipt-id') ?? '';
      if (receipts.wait(id) !== undefined || receipts.done(id)?.failed !== false) return undefined;
      return { message: `the receipt ${quote(id)} came before`, mark: markOf(step, 'receipt-id') };
    },
  },
  {
    id: 'receipt-and-error',
    point: 'P24',
    spec: 'ERROR',
    severity: 'dialect',
    fault: 'broker',
    advice: 'Answer a frame by RECEIPT or by ERROR, not by both.',
    on: 'frame',
    commands: ['RECEIPT', 'ERROR'],
    check: (step, { receipts }) => {
      const id = step.frame.headers.get('receipt-id') ?? '';
      const done = receipts.done(id);
      if (done === undefined || done.failed === (step.command === 'ERROR')) return undefined;
      return { message: `${quote(id)} gets RECEIPT and ERROR`, mark: markOf(step, 'receipt-id') };
    },
  },
  {
    id: 'error-names-no-frame',
    point: 'P23',
    spec: 'ERROR',
    severity: 'violation',
    fault: 'broker',
    advice: 'Name in `receipt-id` only what a frame asked for.',
    on: 'frame',
    commands: ['ERROR'],
    check: (step, { receipts, phase }) => {
      const id = step.frame.headers.get('receipt-id');
      if (id === undefined || receipts.forgot || phase === 'connecting') return undefined;
      if (receipts.wait(id) !== undefined || receipts.done(id) !== undefined) return undefined;
      return { message: `no frame asked for the receipt ${quote(id)}`, mark: markOf(step, 'receipt-id') };
    },
  },
  {
    id: 'receipt-not-answered',
    point: 'P24',
    spec: 'Receipt',
    severity: 'violation',
    fault: 'broker',
    advice: 'Send a RECEIPT for each frame that asks for one.',
    on: 'close',
    check: (step, talk) => {
      const missing = unanswered(step, talk);
      if (missing === undefined) return undefined;
      return {
        message: `the receipt ${quote(missing.id)} of ${missing.command} never came`,
        about: missing.ref,
      };
    },
  },
  {
    id: 'receipt-id-reused',
    point: 'P24',
    spec: 'Receipt',
    severity: 'deviation',
    fault: 'client',
    advice: 'Give each receipt an id of its own: one answer cannot be told from the other.',
    on: 'frame',
    check: (step, { receipts }) => {
      const id = step.direction === 'to-broker' ? step.frame.headers.get('receipt') : undefined;
      if (id === undefined || receipts.wait(id) === undefined) return undefined;
      return { message: `the receipt ${quote(id)} is still waited for`, mark: markOf(step, 'receipt') };
    },
  },
  {
    id: 'receipts-never-awaited',
    point: 'P24',
    spec: 'Receipt',
    severity: 'advice',
    fault: 'client',
    advice: 'Wait for the receipts, or do not ask for them.',
    on: 'close',
    check: (step, talk) => {
      if (step.by !== 'client' || talk.blind || talk.farewell?.answered) return undefined;
      // The client may well have waited for the end of the connection instead of the receipt of DISCONNECT (P27).
      const waiting = [...talk.receipts.all()].filter(({ command }) => command !== 'DISCONNECT');
      const [first] = waiting;
      if (first === undefined) return undefined;
      if (unanswered(step, talk) !== undefined) return undefined;
      return { message: `the client closed with ${waiting.length} receipts on their way`, about: first.ref };
    },
  },
  {
    id: 'receipts-one-by-one',
    point: 'P24',
    spec: 'Receipt',
    severity: 'advice',
    fault: 'client',
    advice: 'Send on while receipts are on their way: waiting for each costs a round trip a message.',
    once: true,
    on: 'frame',
    commands: ['SEND'],
    check: (step, { receipts }) =>
      receipts.oneByOne >= ONE_BY_ONE && receipts.waiting === 0 && step.frame.headers.has('receipt')
        ? `${receipts.oneByOne} SENDs in a row were each waited for`
        : undefined,
  },
  {
    id: 'receipt-header-in-message',
    point: 'P24',
    spec: 'MESSAGE',
    severity: 'dialect',
    fault: 'broker',
    advice: 'Keep the receipt header of SEND out of MESSAGE: RabbitMQ and Stompserver pass it on.',
    once: true,
    on: 'frame',
    commands: ['MESSAGE'],
    check: (step) =>
      step.frame.headers.has('receipt')
        ? { message: 'MESSAGE carries the receipt header of its SEND', mark: markOf(step, 'receipt') }
        : undefined,
  },
];
