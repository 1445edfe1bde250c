import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type BrokerCore, BrokerStore } from '../../src/broker/index.js';
import { CONNECT, join, messages, newCore, Peer, send, subscribe } from './support/peer.js';

test('a conversation is the same however its bytes are cut', () => {
  const talk = Buffer.from(
    CONNECT +
      subscribe('/queue/a', 'id:1\nack:client\nreceipt:s\n') +
      `BEGIN\ntransaction:t\n\n\0${send('/queue/a', 'a\0b', 'transaction:t\ncontent-length:3\n')}` +
      'COMMIT\ntransaction:t\nreceipt:c\n\n\0ACK\nmessage-id:ID:b-1:1\nreceipt:k\n\n\0' +
      'UNSUBSCRIBE\nid:1\nreceipt:u\n\n\0FROB\nreceipt:f\n\n\0',
  );
  const whole = new Peer(newCore());
  whole.session.receive(talk);
  const expected = whole.heard();
  expect(expected).toContain('receipt-id:f');
  for (let cut = 1; cut < talk.length; cut++) {
    const peer = new Peer(newCore());
    peer.session.receive(talk.subarray(0, cut));
    peer.session.receive(talk.subarray(cut));
    expect(peer.heard()).toBe(expected);
  }
});

type Step = readonly [
  what: 'send' | 'subscribe' | 'ack' | 'leave' | 'crash' | 'tx',
  who: number,
  how: number,
];

/** Two brokers on one store and a few clients. Checks every delivery, and knows what must still be there. */
class World {
  readonly #store = new BrokerStore();
  readonly #cores: BrokerCore[] = ['one', 'two'].map((name) => newCore({ name, store: this.#store }));
  readonly #clients: Array<{ peer: Peer; core: BrokerCore; got: Array<[id: string, body: string]> }> = [];
  readonly done = new Set<string>();
  sent = 0;

  constructor(clients: number) {
    for (let i = 0; i < clients; i++) this.#clients.push(this.#client(this.#cores[i % 2]!));
  }

  step([what, who, how]: Step): void {
    const at = who % this.#clients.length;
    const client = this.#clients[at]!;
    const { peer } = client;
    if (what === 'send') peer.say(send('/queue/a', `${++this.sent}`, 'persistent:true\n'));
    if (what === 'subscribe')
      peer.say(subscribe('/queue/a', `ack:${how % 2 ? 'client' : 'client-individual'}\nprefetch-count:3\n`));
    if (what === 'leave') this.#leave(at, how);
    if (what === 'crash') this.#crash(client.core);
    this.#read();
    if (what === 'ack' || what === 'tx') this.#ack(client, what === 'tx', how);
    this.#read();
  }

  /** All that was sent and not acknowledged, in the order a new consumer gets it. */
  rest(): string[] {
    for (let i = 0; i < this.#clients.length; i++) this.#leave(i, 0);
    this.#read();
    return this.#store.peek('/queue/a').map(({ body }) => body.toString());
  }

  #client(core: BrokerCore) {
    return { peer: join(core), core, got: [] };
  }

  #leave(at: number, how: number): void {
    const { peer, core } = this.#clients[at]!;
    if (how % 2) peer.session.end();
    peer.session.closed();
    this.#clients[at] = this.#client(core);
  }

  #crash(core: BrokerCore): void {
    core.kill();
    this.#clients.forEach((client, i) => {
      if (client.core === core) this.#clients[i] = this.#client(core);
    });
  }

  /** An ACK, alone or in a transaction that is committed or aborted. */
  #ack(client: { peer: Peer; got: Array<[string, string]> }, transacted: boolean, how: number): void {
    const [id, body] = client.got[how % Math.max(client.got.length, 1)] ?? [];
    if (id === undefined || body === undefined) return;
    const mode = client.peer.session.subscriptions[0]?.ack;
    const aborted = transacted && how % 2 === 1;
    const frame = `ACK\nmessage-id:${id}\n${transacted ? 'transaction:t\n' : ''}\n\0`;
    const end = aborted ? 'ABORT' : 'COMMIT';
    client.peer.say(transacted ? `BEGIN\ntransaction:t\n\n\0${frame}${end}\ntransaction:t\n\n\0` : frame);
    if (aborted) return;
    const through = client.got.findIndex(([other]) => other === id);
    const covered = mode === 'client' ? client.got.splice(0, through + 1) : client.got.splice(through, 1);
    for (const [, text] of covered) this.done.add(text.replace('!', ''));
  }

  #read(): void {
    for (const client of this.#clients) {
      for (const message of messages(client.peer.frames())) {
        expect(this.done).not.toContain(message[1].replace('!', ''));
        client.got.push(message);
      }
    }
  }
}

test('whatever clients and brokers do, each message is acknowledged once or still there, in order', () => {
  const step = fc.tuple(
    fc.constantFrom<Step[0][]>('send', 'send', 'send', 'subscribe', 'ack', 'ack', 'tx', 'leave', 'crash'),
    fc.nat(9),
    fc.nat(9),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const world = new World(4);
      for (const one of steps) world.step(one);
      const expected: string[] = [];
      for (let n = 1; n <= world.sent; n++) if (!world.done.has(`${n}`)) expected.push(`${n}`);
      expect(world.rest()).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});
