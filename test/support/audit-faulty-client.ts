import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientErrand } from '../../src/audit/peer/index.js';

/** Faults that a client may have, and the ids of the cases that have to notice, and no others. */
export const clientFaults = {
  'sends before CONNECTED': ['connect.waits'],
  'takes any answer for CONNECTED': ['connect.error', 'connect.error-open', 'connect.other-frame'],
  'dials again and again': [
    'connect.cut-inside',
    'connect.end',
    'connect.error',
    'connect.error-open',
    'connect.http',
    'connect.other-frame',
    'connect.reset',
  ],
  'waits for ever': ['connect.silence', 'failover.silence'],
  'a body ends at its first NUL': [
    'read.every-byte',
    'read.frame-in-body',
    'read.length-negative',
    'read.length-plus',
    'read.length-too-large',
    'read.length-too-small',
    'read.length-word',
  ],
  'content-length counts characters': ['send.utf8-length'],
  'undoes escapes': ['read.escapes', 'ack.backslash'],
  'undoes escapes in message-id': ['ack.backslash'],
  'writes line feeds in values': ['send.injection'],
  'believes without RECEIPT': ['receipt.never', 'receipt.out-of-order'],
  'believes RECEIPTs come in order': ['receipt.out-of-order'],
  'does not send DISCONNECT': ['disconnect.sent'],
  'delivers half a message': ['disconnect.end-inside'],
  'x-content-length is content-length': ['read.other-length'],
  'headers in a plain object': ['read.has-own-property', 'read.proto'],
  'the last of repeated headers wins': ['read.repeated'],
  'drops own headers with capitals': ['read.dot-in-name'],
  'no subscription, no message': ['read.no-subscription'],
  'stays on the first port': ['failover.cut', 'failover.end', 'failover.refused', 'failover.silence'],
  'cuts long lines': ['read.long-line'],
} as const satisfies Record<string, readonly string[]>;

export type ClientFault = keyof typeof clientFaults;

type Pair = readonly [name: string, value: string];
interface Read {
  readonly command: string;
  readonly headers: readonly Pair[];
  readonly body: string;
}

const OUT = '/queue/out';
const hex = (text: string): string => Buffer.from(text, 'latin1').toString('hex');
const unescaped = (text: string): string =>
  text.replace(/\\([nc\\])/g, (_all, char: string) => ({ n: '\n', c: ':', '\\': '\\' })[char]!);

/** A client written for these tests, with as little as the cases need; all text is latin1. */
class Client {
  readonly #socket: Socket;
  readonly #faults: ReadonlySet<ClientFault>;
  #buffer = '';
  #connected = false;
  #receipts = 0;
  readonly #waiting: ((id: string) => void)[] = [];
  ended = false;

  constructor(port: number, faults: ReadonlySet<ClientFault>) {
    this.#faults = faults;
    this.#socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    this.#socket.on('data', (chunk) => this.#take(chunk.toString('latin1')));
    this.#socket.on('end', () => this.#atEnd());
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => {
      this.ended = true;
    });
    this.#send('CONNECT', [
      ['login', 'me'],
      ['passcode', 'secret'],
    ]);
    if (this.#has('sends before CONNECTED')) this.#send('BEGIN', [['transaction', 't0']]);
  }

  get connected(): boolean {
    return this.#connected;
  }

  close(): void {
    this.ended = true;
    this.#socket.end();
    this.#socket.destroySoon();
  }

  #has(fault: ClientFault): boolean {
    return this.#faults.has(fault);
  }

  #send(command: string, headers: readonly Pair[], body = ''): void {
    const lines = headers.map(([name, value]) => `${name}:${value}\n`).join('');
    if (!this.#socket.destroyed) this.#socket.write(`${command}\n${lines}\n${body}\0`, 'latin1');
  }

  #say(body: string, more: readonly Pair[] = [], length = body.length): void {
    this.#send('SEND', [['destination', OUT], ...more, ['content-length', String(length)]], body);
  }

  #atEnd(): void {
    const half = /^\n*(MESSAGE\n(?:[^\n]+\n)*\n[^\0]+)$/.exec(this.#buffer)?.[1];
    if (half !== undefined && this.#has('delivers half a message')) this.#take('\0');
    this.close();
  }

  #take(chunk: string): void {
    this.#buffer += chunk;
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) this.#dispatch(frame);
  }

  #next(): Read | undefined {
    this.#buffer = this.#buffer.replace(/^[\r\n]+/, '');
    if (/^[^A-Za-z]/.test(this.#buffer) || this.#buffer.startsWith('HTTP/')) this.close();
    if (this.ended) return undefined;
    const head = this.#buffer.indexOf('\n\n');
    if (head < 0) return undefined;
    const [command = '', ...lines] = this.#buffer.slice(0, head).split('\n');
    const headers = this.#headers(lines);
    const pattern = this.#has('x-content-length is content-length') ? /content-length$/ : /^content-length$/;
    const length = headers.find(([name]) => pattern.test(name))?.[1];
    const isCounted = length !== undefined && !this.#has('a body ends at its first NUL');
    const end = isCounted ? head + 2 + Number(length) : this.#buffer.indexOf('\0', head + 2);
    if (isCounted && !/^ *\d+ *$/.test(length)) this.close();
    if (this.ended || end < 0 || end >= this.#buffer.length) return undefined;
    if (this.#buffer[end] !== '\0') {
      this.close();
      return undefined;
    }
    const body = this.#buffer.slice(head + 2, end);
    this.#buffer = this.#buffer.slice(end + 1);
    return { command, headers, body };
  }

  #headers(lines: readonly string[]): readonly Pair[] {
    const pairs = lines.map((line): Pair => {
      const at = line.indexOf(':');
      const value = this.#has('cuts long lines') ? line.slice(at + 1).slice(0, 1024) : line.slice(at + 1);
      return [line.slice(0, at), this.#has('undoes escapes') ? unescaped(value) : value];
    });
    if (this.#has('headers in a plain object')) {
      const object: Record<string, string> = {};
      for (const [name, value] of pairs) object[name] ??= value;
      return Object.entries(object);
    }
    const isLast = this.#has('the last of repeated headers wins');
    const found = isLast
      ? [...new Map(pairs)]
      : pairs.filter(([name], at) => pairs.findIndex(([other]) => other === name) === at);
    return this.#has('drops own headers with capitals')
      ? found.filter(([name]) => !/^[A-Z]+\./.test(name))
      : found;
  }

  #dispatch({ command, headers, body }: Read): void {
    const value = (name: string): string | undefined => headers.find(([found]) => found === name)?.[1];
    if (!this.#connected) {
      if (command !== 'CONNECTED' && !this.#has('takes any answer for CONNECTED')) this.close();
      else this.#begin();
    } else if (command === 'RECEIPT') {
      for (const tell of [...this.#waiting]) tell(value('receipt-id') ?? '');
    } else if (command === 'MESSAGE') {
      if (value('subscription') === undefined && this.#has('no subscription, no message')) return;
      const id = value('message-id') ?? '';
      const isUndone = this.#has('undoes escapes in message-id') || this.#has('undoes escapes');
      this.#send('ACK', [['message-id', isUndone && !this.#has('undoes escapes') ? unescaped(id) : id]]);
      this.#obey(headers, body);
    }
  }

  #begin(): void {
    this.#connected = true;
    this.#send('SUBSCRIBE', [
      ['destination', '/queue/in'],
      ['id', 's1'],
      ['ack', 'client'],
    ]);
  }

  #obey(headers: readonly Pair[], body: string): void {
    const text = 'h\xc3\xa9llo\xe2\x82\xac';
    if (body === 'receipts') this.#withReceipts();
    else if (body === 'utf8')
      this.#say(text, [], this.#has('content-length counts characters') ? 6 : text.length);
    else if (body === 'nul') this.#say('a\0b');
    else if (body === 'inject')
      this.#has('writes line feeds in values')
        ? this.#say('sent', [['k', 'a\nevil:1']])
        : this.#say('refused');
    else if (body === 'bye') {
      if (!this.#has('does not send DISCONNECT')) this.#send('DISCONNECT', []);
      this.close();
    } else this.#say(JSON.stringify({ body: hex(body), headers: headers.map((pair) => pair.map(hex)) }));
  }

  #withReceipts(): void {
    let next = 1;
    for (let count = 1; count <= 3; count++) {
      const id = `r${++this.#receipts}`;
      this.#say(`message ${count}`, [['receipt', id]]);
      if (this.#has('believes without RECEIPT')) this.#say(`confirmed ${count}`);
      else
        this.#waiting.push((found) => {
          if (found === id)
            this.#say(`confirmed ${this.#has('believes RECEIPTs come in order') ? next++ : count}`);
        });
    }
  }
}

/** A client with these faults, on the errand that the suite has for every client. */
export function faultyClient(...planted: readonly ClientFault[]) {
  const faults = new Set(planted);
  return async ({ port, secondPort, id, signal }: ClientErrand): Promise<void> => {
    const hasSecond = id.startsWith('failover.') && !faults.has('stays on the first port');
    const ports = hasSecond ? [port, secondPort] : [port];
    const isStormy = faults.has('dials again and again') && id.startsWith('connect.');
    for (let dials = 0; !signal.aborted && (dials < ports.length || (isStormy && dials < 40)); dials++) {
      const client = new Client(ports[dials % ports.length]!, faults);
      const started = performance.now();
      while (!client.ended && !signal.aborted) {
        const isLate = performance.now() - started > 400 && !faults.has('waits for ever');
        if (!client.connected && isLate) client.close();
        await sleep(5);
      }
      client.close();
      if (!client.connected || hasSecond) continue;
      return;
    }
  };
}
