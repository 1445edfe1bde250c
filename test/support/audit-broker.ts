import { connect, createServer, type Socket } from 'node:net';
import { headerOf, type WireFrame, WireReader } from '../../src/audit/conformance/wire.js';
import { Broker } from '../../src/broker/index.js';

/** What one connection through the faulty broker remembers. */
interface Memory {
  /** Which command asked for which receipt. */
  readonly commands: Map<string, string>;
  readonly autoIds: Set<string>;
  held: string | undefined;
}

interface BrokerFaultParts {
  /** The ids of the cases that have to notice, and no others. */
  readonly found: readonly string[];
  /** Changes a chunk on its way to the broker; undefined drops it, an Error ends the connection. */
  readonly chunk?: (text: string, memory: Memory) => string | Error;
  /** Changes a frame on its way to the client: what is written in its place. */
  readonly frame?: (raw: string, frame: WireFrame, memory: Memory) => string;
}

const asked = (frame: WireFrame, memory: Memory): string | undefined =>
  frame.command === 'RECEIPT' ? memory.commands.get(headerOf(frame, 'receipt-id') ?? '') : undefined;

const noReceiptOf = (command: string) => (raw: string, frame: WireFrame, memory: Memory) =>
  asked(frame, memory) === command ? '' : raw;

const inMessage = (change: (raw: string, frame: WireFrame) => string) => (raw: string, frame: WireFrame) =>
  frame.command === 'MESSAGE' ? change(raw, frame) : raw;

function cutAtNul(raw: string): string {
  const at = raw.indexOf('\n\n') + 2;
  const body = raw.slice(at, -1);
  const short = body.slice(0, body.indexOf('\0') < 0 ? body.length : body.indexOf('\0'));
  return `${raw.slice(0, at).replace(/content-length:\d+/, `content-length:${short.length}`)}${short}\0`;
}

function swapped(raw: string, frame: WireFrame, memory: Memory): string {
  if (frame.command !== 'MESSAGE') return raw;
  const body = frame.body.toString();
  if (body === 'm41') {
    memory.held = raw;
    return '';
  }
  if (body !== 'm42' || memory.held === undefined) return raw;
  return `${raw}\n${memory.held}`;
}

function withoutIdInAuto(raw: string, frame: WireFrame, { autoIds }: Memory): string {
  const isAuto = autoIds.has(headerOf(frame, 'subscription') ?? '');
  return frame.command === 'MESSAGE' && isAuto ? raw.replace(/\nmessage-id:[^\n]*/, '') : raw;
}

/** Faults that a broker may have, planted one at a time. */
export const brokerFaults: Readonly<Record<string, BrokerFaultParts>> = {
  'no RECEIPT for COMMIT': { found: ['receipt.commit'], frame: noReceiptOf('COMMIT') },
  'no RECEIPT for DISCONNECT': {
    found: ['receipt.disconnect', 'disconnect.receipt'],
    frame: noReceiptOf('DISCONNECT'),
  },
  'two RECEIPTs for BEGIN': {
    found: ['receipt.begin'],
    frame: (raw, frame, memory) => (asked(frame, memory) === 'BEGIN' ? `${raw}\n${raw}` : raw),
  },
  'receipt-id cut at its colon': {
    found: ['receipt.odd-id'],
    frame: (raw, frame) =>
      frame.command === 'RECEIPT' ? raw.replace(/(receipt-id:[^:\n]*):[^\n]*/, '$1') : raw,
  },
  'no message-id without acknowledgement': { found: ['message.id'], frame: withoutIdInAuto },
  'no subscription in MESSAGE': {
    found: ['subscribe.id'],
    frame: inMessage((raw) => raw.replace(/\nsubscription:[^\n]*/, '')),
  },
  'another destination in MESSAGE': {
    found: ['message.destination', 'queue.slash-in-name'],
    frame: inMessage((raw) => raw.replace(/\ndestination:/, '\ndestination:/internal')),
  },
  'UNSUBSCRIBE by id is not heeded': {
    found: ['unsubscribe.id'],
    chunk: (text) =>
      text.startsWith('UNSUBSCRIBE\nid:s1\nreceipt:r1\n')
        ? 'SEND\ndestination:/topic/x\nreceipt:r1\n\n\0'
        : text,
  },
  'ABORT does what COMMIT does': {
    found: ['begin.two', 'abort.discards', 'abort.ack'],
    chunk: (text) => text.replace(/ABORT\ntransaction:t/g, 'COMMIT\ntransaction:t'),
  },
  'SEND in a transaction leaves at once': {
    found: ['begin.holds-back', 'begin.two', 'begin.cut', 'abort.discards', 'commit.send-unknown'],
    chunk: (text) => text.replace(/(SEND\ndestination:[^\n]*\n)transaction:[^\n]*\n/g, '$1'),
  },
  'a body ends at its first NUL in spite of its length': {
    found: ['send.every-byte', 'send.only-nuls', 'send.looks-like-a-frame'],
    frame: inMessage(cutAtNul),
  },
  'many LFs between frames end the connection': {
    found: ['frame.many-lfs-between'],
    chunk: (text) => (text.startsWith('\n'.repeat(100)) ? new Error('too many') : text),
  },
  'segments of one or two bytes get lost': {
    found: ['connect.byte-by-byte', 'frame.in-pieces'],
    chunk: (text) => (text.length <= 2 ? '' : text),
  },
  'ERROR has no message': {
    found: ['error.message-header', 'error.message-value'],
    frame: (raw, frame) => (frame.command === 'ERROR' ? raw.replace(/\nmessage:[^\n]*/, '') : raw),
  },
  'names in lower case': {
    found: ['headers.case'],
    frame: inMessage((raw) =>
      raw.replace(/\n(X-Own-Name)(?=:)/, (_all, name: string) => `\n${name.toLowerCase()}`),
    ),
  },
  'a colon in a value is escaped': {
    found: ['headers.colon-in-value'],
    frame: inMessage((raw) => raw.replace(/\nk:a:b\n/, '\nk:a\\cb\n')),
  },
  'the last of repeated headers wins': {
    found: ['headers.repeated'],
    frame: inMessage((raw) => raw.replace(/\nk:one(?=\nk:two\n)/, '')),
  },
  'two messages change places': { found: ['send.order'], frame: swapped },
  'CONNECTED has no session': {
    found: ['connect.headers', 'connect.session'],
    frame: (raw, frame) => (frame.command === 'CONNECTED' ? raw.replace(/\nsession:[^\n]*/, '') : raw),
  },
  'nothing says that a message comes again': {
    found: ['ack.redelivered-flag'],
    frame: inMessage((raw) => raw.replace(/\nredelivered:[^\n]*/, '')),
  },
  'a priority gets lost': {
    found: ['priority.kept', 'priority.negative', 'priority.too-high'],
    frame: inMessage((raw) => raw.replace(/\npriority:-?\d+(?=\n)/, '')),
  },
  'a receipt has a length': {
    found: ['receipt-frame.headers'],
    frame: (raw, frame) =>
      frame.command === 'RECEIPT' ? raw.replace('\n\n', '\ncontent-length:0\n\n') : raw,
  },
  'two LFs behind each NUL': { found: ['frame.behind-nul'], frame: (raw) => `${raw}\n` },
};

export type BrokerFault = keyof typeof brokerFaults;

function remember(text: string, memory: Memory): void {
  for (const [, command, lines] of text.matchAll(/([A-Z]+)\n((?:[^\n]+\n)*)\n/g)) {
    const receipt = /(?:^|\n)receipt:([^\n]*)/.exec(lines!)?.[1];
    if (receipt !== undefined) memory.commands.set(receipt, command!);
    const id = /(?:^|\n)id:([^\n]*)/.exec(lines!)?.[1];
    if (command === 'SUBSCRIBE' && id !== undefined && lines!.includes('ack:auto')) memory.autoIds.add(id);
  }
}

function join(client: Socket, broker: Socket, faults: readonly BrokerFaultParts[]): void {
  const memory: Memory = { commands: new Map(), autoIds: new Set(), held: undefined };
  const reader = new WireReader();
  client.on('data', (chunk) => {
    const text = chunk.toString('latin1');
    remember(text, memory);
    let changed: string | Error = text;
    for (const { chunk: change } of faults)
      if (change !== undefined && typeof changed === 'string') changed = change(changed, memory);
    if (changed instanceof Error) broker.end();
    else broker.write(changed, 'latin1');
  });
  broker.on('data', (chunk) => {
    if (!faults.some(({ frame }) => frame !== undefined)) {
      client.write(chunk);
      return;
    }
    const frames = reader.push(chunk).map((frame) => {
      let raw = frame.raw.toString('latin1');
      for (const { frame: change } of faults) raw = raw === '' || !change ? raw : change(raw, frame, memory);
      return raw === '' ? '' : `${raw}\n`;
    });
    client.write(frames.join(''), 'latin1');
  });
  for (const [one, other] of [
    [client, broker],
    [broker, client],
  ] as const) {
    one.on('end', () => other.end());
    one.on('error', () => other.destroy());
  }
}

/** The embedded broker behind something that changes what passes. */
export async function startFaultyBroker(...faults: readonly BrokerFault[]) {
  const behind = await Broker.start({ logins: { me: 'secret' } });
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    const broker = connect({ port: behind.port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    for (const socket of [client, broker]) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    }
    join(
      client,
      broker,
      faults.map((fault) => brokerFaults[fault]!),
    );
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    port: (server.address() as { port: number }).port,
    async stop(): Promise<void> {
      for (const socket of sockets) socket.destroy();
      server.close();
      await behind.stop();
    },
  };
}
