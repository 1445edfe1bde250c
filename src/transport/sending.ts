import type { Conversation } from './conversation.js';
import type { PreparedSend } from './heads.js';
import type { ReceiptWaiter } from './receipts.js';

/** Sends a SEND that was prepared, and expects no answer. */
export function transmit(conversation: Conversation, frame: PreparedSend): void {
  const { head, body, bodyBytes } = frame;
  conversation.link.send(head.whole, body, bodyBytes, true, head.chained);
}

/** The same, and asks for its RECEIPT. `extra`: header lines of ours. */
export function confirm(
  conversation: Conversation,
  frame: PreparedSend,
  waiter: ReceiptWaiter,
  extra = '',
): void {
  const { link, receipts } = conversation;
  const { lines, asking } = frame.head;
  const id = receipts.ask(waiter);
  const head = extra === '' ? `${asking}${id}\n\n` : `${lines}${extra}receipt:${id}\n\n`;
  link.send(head, frame.body, frame.bodyBytes);
}
