import { isUtf8 } from 'node:buffer';
import type { Message } from '../transport/message.js';
import { printable } from './terminal.js';

export interface Format {
  readonly kind: 'text' | 'json' | 'raw';
  /** Text only: the headers before the body. */
  readonly headers: boolean;
  /** Text only: name the destination where it is another than before. */
  readonly sources: boolean;
}

type Formatter = (message: Message, body: Buffer) => string | Uint8Array;

/** What is printed of a message. `tty`: it must not move the cursor. */
export function formatter({ kind, headers, sources }: Format, tty: boolean): Formatter {
  if (kind === 'raw') return (_message, body) => body;
  if (kind === 'json') return (message, body) => `${JSON.stringify(asObject(message, body))}\n`;
  let last: string | undefined;
  return (message, body) => {
    const source = message.headers.get('destination') ?? '';
    const head: string[] = [];
    if (sources && source !== last) head.push(`${last === undefined ? '' : '\n'}==> ${source} <==\n`);
    if (headers) head.push(...[...message.headers].map(([name, value]) => `${name}:${value}\n`), '\n');
    last = source;
    if (tty) return head.map(screen).join('') + screen(withEnd(body).toString());
    return Buffer.concat([Buffer.from(head.join('')), withEnd(body)]);
  };
}

function asObject(message: Message, body: Buffer): object {
  const encoding = isUtf8(body) ? 'utf8' : 'base64';
  const source = message.headers.get('destination') ?? null;
  return { source, headers: headersObject(message.headers), body: body.toString(encoding), encoding };
}

/** The first of repeated headers is the one that counts. */
export function headersObject(headers: Iterable<[name: string, value: string]>): Record<string, string> {
  const first = new Map<string, string>();
  for (const [name, value] of headers) if (!first.has(name)) first.set(name, value);
  return Object.fromEntries(first);
}

function withEnd(body: Buffer): Buffer {
  return body.at(-1) === 0x0a ? body : Buffer.concat([body, Buffer.from('\n')]);
}

/** As `printable`, but lines stay lines. */
function screen(text: string): string {
  return text.split('\n').map(printable).join('\n');
}
