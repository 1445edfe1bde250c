import { trimBlanks } from '../frame/block.js';
import { CR } from '../frame/bytes.js';
import type { Frame, HeadersInit } from '../frame/index.js';
import { bodyHeaders, encodeHeaders } from '../frame/serializer.js';

/** One message as a queue keeps it; its headers are a wire string, as they came. */
export interface Message {
  readonly destination: string;
  /** The header lines every consumer gets, each ended by LF: wire string. */
  readonly head: string;
  readonly body: Buffer;
  /** Survives a crash of the broker that took it. */
  readonly durable: boolean;
  /** The broker that took it. */
  readonly owner: object;
  /** Of headers and body. */
  readonly byteLength: number;
}

/** Headers of a SEND that are between the sender and the broker, and those that only the broker sets. */
const NOT_PASSED_ON = new Set(['receipt', 'transaction', 'message-id', 'subscription', 'redelivered']);

/** What the broker that takes a message adds to it. */
export interface Taker {
  readonly owner: object;
  /** Keep messages without `persistent:true` through a crash. */
  readonly keepVolatile: boolean;
}

/** The message in a SEND, or why it cannot be one. */
export function readMessage(frame: Frame, taker: Taker): Message | string {
  const block = frame.headers.raw.toString('latin1');
  if (block.includes('\0')) return 'a header of this SEND holds a NUL';
  const destination = frame.headers.get('destination');
  if (!destination) return 'SEND without a destination';
  const persistent = block.includes('persistent') && frame.headers.get('persistent') === 'true';
  return build(destination, passOn(block), frame.body, persistent, taker);
}

/** A message that the broker itself puts into a destination. Throws FrameError for headers 1.0 cannot carry. */
export function makeMessage(
  destination: string,
  body: string | Uint8Array,
  headers: HeadersInit,
  taker: Taker,
): Message {
  const bytes = Buffer.from(body as Uint8Array);
  const head = encodeHeaders({ destination }) + encodeHeaders(headers) + bodyHeaders(bytes, bytes.length);
  return build(destination, head, bytes, head.includes('\npersistent:true\n'), taker);
}

function build(destination: string, head: string, body: Buffer, persistent: boolean, taker: Taker): Message {
  return {
    destination,
    head,
    body,
    durable: persistent || taker.keepVolatile,
    owner: taker.owner,
    byteLength: head.length + body.length,
  };
}

/** The lines of a header block that are passed on, byte for byte, with LF for CRLF and a colon where there was none. */
function passOn(block: string): string {
  let head = '';
  for (let start = 0; start < block.length; ) {
    const lf = block.indexOf('\n', start);
    const end = lf > start && block.charCodeAt(lf - 1) === CR ? lf - 1 : lf;
    const line = block.slice(start, end);
    const colon = line.indexOf(':');
    const name = trimBlanks(colon < 0 ? line : line.slice(0, colon));
    if (!NOT_PASSED_ON.has(name)) head += colon < 0 ? `${line}:\n` : `${line}\n`;
    start = lf + 1;
  }
  return head;
}

const UNSAFE = /[\r\0]/g;

/** A header's value to be sent back byte for byte (receipt, subscription id): wire string. */
export function echoOf(frame: Frame, name: string): string | undefined {
  const wire = frame.headers.wire(name);
  return wire === undefined ? undefined : trimBlanks(wire).replace(UNSAFE, '');
}

/** A MESSAGE for one delivery, ended by NUL LF. `subscription` is a whole header line or empty. */
export function encodeDelivery(
  message: Message,
  messageId: string,
  subscription: string,
  redelivered: boolean,
): Buffer {
  const again = redelivered ? 'redelivered:true\n' : '';
  const head = `MESSAGE\n${message.head}message-id:${messageId}\n${subscription}${again}\n`;
  const { body } = message;
  const bytes = Buffer.allocUnsafe(head.length + body.length + 2);
  bytes.write(head, 0, 'latin1');
  body.copy(bytes, head.length);
  bytes[bytes.length - 2] = 0;
  bytes[bytes.length - 1] = 0x0a;
  return bytes;
}

/** A RECEIPT for a wire string. */
export function encodeReceipt(id: string): Buffer {
  return Buffer.from(`RECEIPT\nreceipt-id:${id}\n\n\0\n`, 'latin1');
}

/** CONNECTED, with what this broker is (P21). */
export function encodeConnected(server: string, session: string): Buffer {
  return Buffer.from(`CONNECTED\nserver:${server}\nsession:${session}\nversion:1.0\n\n\0\n`, 'latin1');
}

/** A reason may quote a header, and is a header itself then: it must not be longer than a client takes. */
const MAX_REASON = 1_000;

/** ERROR: the reason as header `message`, in one line of US-ASCII (P16), and as body. `receipt` is a wire string. */
export function encodeError(reason: string, receipt: string | undefined): Buffer {
  const line = reason.slice(0, MAX_REASON).replace(/[\r\n\0]+/g, ' ');
  const text = Buffer.from(line).toString('latin1');
  const plain = line.replace(/[^\x20-\x7e]/gu, '?');
  const id = receipt === undefined ? '' : `receipt-id:${receipt}\n`;
  const head = `ERROR\nmessage:${plain}\n${id}content-type:text/plain\ncontent-length:${text.length + 1}\n\n`;
  return Buffer.from(`${head}${text}\n\0\n`, 'latin1');
}
