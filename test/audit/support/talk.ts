import type { TranscriptRecord } from '../../../src/audit/types.js';

/**
 * A conversation written by hand, as records. Each line is one of
 *   `> bytes`     from the client          `< bytes`      from the broker
 *   `+500`        so many milliseconds pass
 *   `open stomp://host:port`   another connection, counted on
 *   `close`, `close client`, `close broker`
 * Bytes are one character each; every line but `+` takes a millisecond.
 */
export function talk(lines: readonly string[], endpoint = 'stomp://127.0.0.1:61613'): TranscriptRecord[] {
  const records: TranscriptRecord[] = [];
  const state = { connection: 0, atMs: 0, client: 0, broker: 0 };
  const all = lines[0]?.startsWith('open') ? lines : [`open ${endpoint}`, ...lines];
  for (const line of all) {
    if (line.startsWith('+')) state.atMs += Number(line.slice(1));
    else records.push(toRecord(line, state));
  }
  return records;
}

interface State {
  connection: number;
  atMs: number;
  client: number;
  broker: number;
}

function toRecord(line: string, state: State): TranscriptRecord {
  const [word = '', rest] = line.split(' ', 2);
  if (word === 'open') {
    state.connection++;
    state.client = 0;
    state.broker = 0;
  }
  const { connection } = state;
  const atMs = ++state.atMs;
  const base = { connection, atMs, wallMs: 1_700_000_000_000 + atMs };
  if (word === 'open') return { kind: 'open', ...base, endpoint: rest! };
  if (word === 'close') return { kind: 'close', ...base, by: rest as 'client' | undefined, error: undefined };
  if (word !== '>' && word !== '<') throw new Error(`no line of a conversation: ${JSON.stringify(line)}`);
  const bytes = Buffer.from(line.slice(2), 'latin1');
  const side = word === '>' ? 'client' : 'broker';
  const offset = state[side];
  state[side] += bytes.length;
  const direction = side === 'client' ? 'to-broker' : 'to-client';
  return { kind: 'bytes', ...base, direction, offset, bytes, masked: [] };
}

export const HELLO = ['> CONNECT\nlogin:me\npasscode:x\n\n\0', '< CONNECTED\nsession:1\n\n\0'];
export const BYE = ['> DISCONNECT\nreceipt:bye\n\n\0', '< RECEIPT\nreceipt-id:bye\n\n\0', 'close broker'];

/** What happens between CONNECTED and DISCONNECT. */
export function session(...lines: string[]): string[] {
  return [...HELLO, ...lines, ...BYE];
}

/** A session whose client sends what cannot be read, so that the broker closes. */
export function cut(...lines: string[]): string[] {
  return [...HELLO, ...lines, 'close broker'];
}

/** `count` lines, or groups of them, made with a number from 1. */
export function times(count: number, make: (n: number) => string | string[]): string[] {
  return Array.from({ length: count }, (_, i) => make(i + 1)).flat();
}

/** What breaks a rule and what does not, as lines of a conversation. */
export interface RuleCase {
  readonly rule: string;
  readonly breaks: readonly string[];
  readonly clean: readonly string[];
  readonly fault: 'client' | 'broker';
  /** Text of the offending bytes. */
  readonly shows?: string;
  readonly endpoint?: string;
}
