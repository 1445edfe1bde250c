import type { Frame } from '../frame/index.js';
import { REQUIRED_HEADERS } from '../frame/index.js';
import type { Desk } from './desk.js';
import { echoOf, type Message, readMessage } from './message.js';
import type { AckMode, Subscription } from './subscription.js';
import type { Transaction } from './transaction.js';

/** Does what a frame asks for. A text says why not: it goes out as ERROR, and the connection stays open. */
export type Handler = (desk: Desk, frame: Frame) => string | undefined;

/** The commands between CONNECT and DISCONNECT. */
export const HANDLERS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['SEND', send],
  ['SUBSCRIBE', subscribe],
  ['UNSUBSCRIBE', unsubscribe],
  ['ACK', ack],
  ['BEGIN', begin],
  ['COMMIT', commit],
  ['ABORT', abort],
]);

/** The header a frame must have (P20) and has not, as a refusal. */
export function missingHeader(frame: Frame): string | undefined {
  const required = REQUIRED_HEADERS[frame.command as keyof typeof REQUIRED_HEADERS] ?? [];
  for (const name of required)
    if (!frame.headers.has(name)) return `${frame.command} without the header ${name}`;
  return undefined;
}

function send(desk: Desk, frame: Frame): string | undefined {
  const message = readMessage(frame, desk.host.taker);
  if (typeof message === 'string') return message;
  const transaction = transactionOf(desk, frame);
  if (typeof transaction === 'string') return transaction;
  if (transaction !== undefined) return sendLater(desk, transaction, message);
  const refusal = desk.host.refuseLoad(message.destination, 1, message.byteLength);
  if (refusal === undefined) desk.send(message);
  return refusal;
}

function sendLater(desk: Desk, transaction: Transaction, message: Message): string | undefined {
  const { maxQueueMessages, maxQueueBytes } = desk.host.limits;
  const tooMany = transaction.messages.length >= maxQueueMessages;
  if (tooMany || transaction.byteLength + message.byteLength > maxQueueBytes)
    return 'the transaction is full';
  transaction.send(message);
  return undefined;
}

const MODES: readonly string[] = ['auto', 'client', 'client-individual'];

function subscribe(desk: Desk, frame: Frame): string | undefined {
  const { headers } = frame;
  const destination = headers.get('destination') ?? '';
  const mode = headers.get('ack') ?? 'auto';
  const id = echoOf(frame, 'id');
  const key = id === undefined ? `destination:${destination}` : `id:${id}`;
  if (destination === '') return 'SUBSCRIBE without a destination';
  if (!MODES.includes(mode)) return `the ack mode is one of ${MODES.join(', ')}`;
  if (headers.has('selector')) return 'this broker has no selectors';
  if (desk.subscriptions.has(key)) return `there is a subscription ${key} already`;
  const { limits } = desk.host;
  if (desk.subscriptions.size >= limits.maxSubscriptions) return 'too many subscriptions';
  const prefetch = prefetchOf(frame) ?? limits.prefetch;
  if (Number.isNaN(prefetch)) return 'the prefetch is not a whole number';
  desk
    .subscribe({
      key,
      destination,
      line: id === undefined ? '' : `subscription:${id}\n`,
      mode: mode as AckMode,
      prefetch,
      maxMessages: limits.maxQueueMessages,
      maxBytes: limits.maxQueueBytes,
    })
    .start();
  return undefined;
}

/** RabbitMQ's header or ActiveMQ's; 0 is no limit with the one and is taken so for both. */
function prefetchOf(frame: Frame): number | undefined {
  const text = frame.headers.get('prefetch-count') ?? frame.headers.get('activemq.prefetchSize');
  if (text === undefined) return undefined;
  if (!/^[0-9]{1,9}$/.test(text)) return Number.NaN;
  return Number(text) || Number.POSITIVE_INFINITY;
}

function unsubscribe(desk: Desk, frame: Frame): string | undefined {
  const subscription = subscriptionOf(desk, frame);
  if (subscription === undefined) return 'there is no such subscription';
  desk.unsubscribe(subscription);
  return undefined;
}

/** By id where there is one; by destination first the one without an id, then any (as ActiveMQ does). */
function subscriptionOf(desk: Desk, frame: Frame): Subscription | undefined {
  const id = echoOf(frame, 'id');
  if (id !== undefined) return desk.subscriptions.get(`id:${id}`);
  const destination = frame.headers.get('destination');
  const plain = desk.subscriptions.get(`destination:${destination}`);
  if (plain !== undefined) return plain;
  return [...desk.subscriptions.values()].find(({ init }) => init.destination === destination);
}

function ack(desk: Desk, frame: Frame): string | undefined {
  const transaction = transactionOf(desk, frame);
  if (typeof transaction === 'string') return transaction;
  const id = frame.headers.get('message-id') ?? '';
  for (const subscription of candidates(desk, frame)) {
    const covered = subscription.cover(id);
    if (covered === undefined) continue;
    if (transaction === undefined) subscription.settle(covered);
    else transaction.ack(covered);
    subscription.resume();
    return undefined;
  }
  return `unexpected ACK: no unacknowledged message has the message-id ${id}`;
}

/** The subscriptions that an ACK may mean: the one it names, else all. */
function candidates(desk: Desk, frame: Frame): Iterable<Subscription> {
  const named = echoOf(frame, 'subscription');
  if (named === undefined) return desk.subscriptions.values();
  const subscription = desk.subscriptions.get(`id:${named}`);
  return subscription === undefined ? [] : [subscription];
}

function begin(desk: Desk, frame: Frame): string | undefined {
  const name = frame.headers.get('transaction') ?? '';
  if (desk.transaction(name) !== undefined) return `transaction ${name} has already begun`;
  if (desk.openTransactions >= desk.host.limits.maxTransactions) return 'too many transactions';
  desk.begin(name);
  return undefined;
}

function commit(desk: Desk, frame: Frame): string | undefined {
  const transaction = transactionOf(desk, frame);
  if (transaction === undefined || typeof transaction === 'string') return transaction;
  for (const [destination, { messages, bytes }] of loads(transaction.messages)) {
    const refusal = desk.host.refuseLoad(destination, messages, bytes);
    if (refusal !== undefined) return refusal;
  }
  desk.endTransaction(frame.headers.get('transaction') ?? '');
  transaction.settleAcks();
  for (const message of transaction.messages) desk.send(message);
  return undefined;
}

function abort(desk: Desk, frame: Frame): string | undefined {
  const transaction = transactionOf(desk, frame);
  if (transaction === undefined || typeof transaction === 'string') return transaction;
  desk.endTransaction(frame.headers.get('transaction') ?? '');
  transaction.undoAcks();
  return undefined;
}

/** The transaction a frame belongs to, or why there is none. Undefined where the frame names none. */
function transactionOf(desk: Desk, frame: Frame): Transaction | string | undefined {
  const name = frame.headers.get('transaction');
  if (name === undefined) return undefined;
  return desk.transaction(name) ?? `there is no transaction ${name}`;
}

/** How much these messages are, by destination. */
function loads(messages: readonly Message[]): Map<string, { messages: number; bytes: number }> {
  const all = new Map<string, { messages: number; bytes: number }>();
  for (const { destination, byteLength } of messages) {
    const load = all.get(destination) ?? { messages: 0, bytes: 0 };
    load.messages++;
    load.bytes += byteLength;
    all.set(destination, load);
  }
  return all;
}
