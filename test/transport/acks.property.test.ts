import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AckLedger, type Delivery } from '../../src/transport/acks.js';

type Step =
  | readonly ['deliver', mode: 'client' | 'client-individual', subscription: string]
  | readonly ['ack', pick: number]
  | readonly ['ackThrough', pick: number]
  | readonly ['ackIn', pick: number, transaction: string]
  | readonly ['commit' | 'abort', transaction: string]
  | readonly ['forget', subscription: string];

const subscription = fc.constantFrom('s1', 's2');
const transaction = fc.constantFrom('t1', 't2');
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(
      fc.constant('deliver' as const),
      fc.constantFrom('client' as const, 'client-individual' as const),
      subscription,
    ),
  },
  {
    weight: 6,
    arbitrary: fc.oneof(
      fc.tuple(fc.constant('ack' as const), fc.nat(30)),
      fc.tuple(fc.constant('ackThrough' as const), fc.nat(30)),
    ),
  },
  { weight: 2, arbitrary: fc.tuple(fc.constant('ackIn' as const), fc.nat(30), transaction) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom('commit' as const, 'abort' as const), transaction) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('forget' as const), subscription) },
);

/** What a user has said of one message; a model that knows nothing of how the ledger does it. */
interface Said {
  readonly delivery: Delivery;
  readonly place: number;
  said: 'nothing' | 'ack' | 'in-transaction' | 'committed' | 'forgotten';
  transaction: string | undefined;
  /** How often an ACK of it left, outside transactions and inside the present one. */
  sent: number;
}

class Model {
  readonly all: Said[] = [];
  readonly ledger: AckLedger;

  constructor() {
    this.ledger = new AckLedger((delivery) => this.#onSent(delivery));
  }

  run(step: Step): void {
    if (step[0] === 'deliver') this.#deliver(step[1], step[2]);
    else if (step[0] === 'ack') this.#ack(this.#pick(step[1]));
    else if (step[0] === 'ackThrough') this.#ackThrough(this.#pick(step[1]));
    else if (step[0] === 'ackIn') this.#ackIn(this.#pick(step[1]), step[2]);
    else if (step[0] === 'forget') this.#forget(step[1]);
    else this.#end(step[1], step[0] === 'commit');
  }

  /** Every ACK that could leave has left. */
  check(): void {
    let clear = true;
    for (const one of this.all) {
      if (one.said === 'ack' && (clear || one.delivery.mode === 'client-individual'))
        expect(one.sent).toBe(1);
      if (one.said === 'ack' && !clear && one.delivery.mode === 'client') expect(one.sent).toBe(0);
      if (one.said === 'nothing') expect(one.sent).toBe(0);
      if (one.said === 'nothing' || one.said === 'in-transaction') clear = false;
    }
    const unfinished = this.all.filter(
      ({ said, sent }) => said === 'nothing' || said === 'in-transaction' || (said === 'ack' && sent === 0),
    );
    expect(this.ledger.size).toBe(unfinished.length);
  }

  #onSent(delivery: Delivery): void {
    const one = this.all.find((other) => other.delivery === delivery)!;
    // None for what nobody acknowledged, each once.
    expect(one.said).toMatch(/^(ack|in-transaction)$/);
    expect(one.sent).toBe(0);
    one.sent = 1;
    if (delivery.mode === 'client-individual') return;
    // On RabbitMQ this ACK covers every earlier message of the connection: none may be open.
    for (const earlier of this.all.slice(0, one.place)) {
      if (earlier.said === 'forgotten') continue;
      expect(earlier.sent).toBe(1);
      if (earlier.said === 'in-transaction') expect(earlier.transaction).toBe(one.transaction);
    }
  }

  #pick(n: number): Said | undefined {
    return this.all.length === 0 ? undefined : this.all[n % this.all.length];
  }

  #deliver(mode: 'client' | 'client-individual', on: string): void {
    const place = this.all.length;
    const delivery = this.ledger.add(mode, on, String(place));
    this.all.push({ delivery, place, said: 'nothing', transaction: undefined, sent: 0 });
  }

  #ack(one: Said | undefined): void {
    if (one === undefined) return;
    const fresh = one.said === 'nothing';
    if (fresh) one.said = 'ack';
    expect(this.ledger.ack(one.delivery)).toBe(fresh);
  }

  #ackThrough(one: Said | undefined): void {
    if (one === undefined) return;
    const fresh = one.said === 'nothing';
    if (fresh) {
      for (const earlier of this.all.slice(0, one.place + 1)) {
        if (earlier.delivery.subscription === one.delivery.subscription && earlier.said === 'nothing') {
          earlier.said = 'ack';
        }
      }
    }
    expect(this.ledger.ackThrough(one.delivery)).toBe(fresh);
  }

  #ackIn(one: Said | undefined, tx: string): void {
    if (one === undefined) return;
    const before = one.said;
    if (before === 'nothing') {
      one.said = 'in-transaction';
      one.transaction = tx;
    }
    try {
      expect(this.ledger.ackIn(tx, one.delivery)).toBe(before === 'nothing');
    } catch (error) {
      expect((error as { code?: string }).code).toBe('STOMP_ACK_OUT_OF_ORDER');
      expect(one.delivery.mode).toBe('client');
      one.said = before;
      one.transaction = undefined;
    }
  }

  #end(tx: string, committed: boolean): void {
    for (const one of this.all) {
      if (one.said !== 'in-transaction' || one.transaction !== tx) continue;
      one.said = committed ? 'committed' : 'nothing';
      one.transaction = undefined;
      if (!committed) one.sent = 0;
    }
    this.ledger.endTransaction(tx, committed);
  }

  #forget(on: string): void {
    for (const one of this.all) {
      if (one.delivery.subscription === on && (one.sent === 0 || one.said === 'in-transaction')) {
        one.said = 'forgotten';
      }
    }
    this.ledger.forget(on);
  }
}

describe('P33: the ack ledger, whatever is asked of it', () => {
  it('ACKs in order, each once, none for what nobody acknowledged, and none kept back', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const model = new Model();
        for (const one of steps) {
          model.run(one);
          model.check();
        }
      }),
      { numRuns: 2000 },
    );
  });
});
