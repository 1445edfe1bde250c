import type { Conversation } from './conversation.js';
import type { PreparedSend } from './heads.js';
import type { ReceiptWaiter } from './receipts.js';

/** Sends a SEND that was prepared, and expects no answer. False as for `send`. `extra`: header lines of ours. */
export function transmit(conversation: Conversation, frame: PreparedSend, extra = ''): boolean {
  const { link } = conversation;
  link.send(`${frame.prefix}${frame.lengthLine}${extra}\n`, frame.body, frame.bodyBytes);
  link.output.countSend();
  return !link.output.full;
}

/** The same, and asks for its RECEIPT. */
export function confirm(
  conversation: Conversation,
  frame: PreparedSend,
  waiter: ReceiptWaiter,
  extra = '',
): void {
  const { link, receipts } = conversation;
  const head = `${frame.prefix}${frame.lengthLine}${extra}receipt:${receipts.ask(waiter)}\n\n`;
  link.send(head, frame.body, frame.bodyBytes);
}
