import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runOurClient } from '../../support/audit-client.js';
import { FOREIGN_CLIENTS, spawned, versionOf } from '../../support/audit-foreign-clients.js';
import { isWriting, Table } from '../../support/markdown-table.js';
import {
  type Broker,
  type BrokerKind,
  describeWith,
  startActiveMQ,
  startRabbitMQ,
  startStompserver,
} from '../rig/index.js';
import { SAMPLE_NAMES, type Sample, writeSamples } from './samples.js';
import { type Drive, type Outcome, Session } from './session.js';

/** Our client and other people's through real brokers, both ways: docs/interop.md. */

const WAYS = ['receives', 'sends'] as const;
const ORDER = SAMPLE_NAMES.map((name) => name.split(' ')[0]!);
/** A client that is known to fail is not waited for as long. */
const PATIENCE_MS = 5_000;
const KNOWN_TO_FAIL_MS = 1_500;

interface Candidate {
  readonly name: string;
  readonly version: () => string;
  readonly drive: Drive;
}

const OURS: Candidate = { name: 'stompwire', version: () => '', drive: runOurClient };
const FOREIGN = FOREIGN_CLIENTS.map((client) => ({
  needed: client.needed,
  candidate: {
    name: client.name,
    version: () => versionOf(client),
    drive: (errand, queues) => spawned(client, queues)(errand),
  } satisfies Candidate,
}));

const { samples, remove } = writeSamples();
afterAll(remove);

const cellOf = ({ good, of, fault }: Outcome): string => `${good} of ${of}${fault ? `: ${fault.text}` : ''}`;

class Exchange {
  readonly #table: Table;
  readonly #versions = new Map<string, string>();

  constructor(kind: BrokerKind) {
    this.#table = new Table('interop.md', kind, ['client', 'version']);
  }

  async run({ name, version, drive }: Candidate, broker: Broker): Promise<void> {
    this.#versions.set(name, version());
    const differs: object[] = [];
    let session: Session | undefined;
    try {
      for (const way of WAYS) {
        for (const sample of samples) {
          const known = this.#table.column(sample.name)?.get(`${name} ${way}`);
          const isGood = isWriting || known === `${sample.times} of ${sample.times}`;
          const patienceMs = isGood ? PATIENCE_MS : KNOWN_TO_FAIL_MS;
          session ??= await Session.open(broker, drive);
          const outcome = await session[way](sample, patienceMs);
          if (outcome.fault !== undefined) {
            // What a client makes of the next body has to do with that body alone.
            await session.close();
            session = undefined;
          }
          differs.push(...this.#judge(name, way, sample, outcome, known));
        }
      }
    } finally {
      await session?.close();
    }
    expect(differs).toEqual([]);
  }

  write({ name, version }: Broker): void {
    const rows = [OURS, ...FOREIGN.map(({ candidate }) => candidate)].flatMap((candidate) =>
      WAYS.map((way) => [`${candidate.name} ${way}`, this.#versions.get(candidate.name) ?? '']),
    );
    const counts = SAMPLE_NAMES.flatMap((sample) => [...(this.#table.column(sample)?.values() ?? [])]);
    const sum = (at: 0 | 1) =>
      counts.reduce((total, cell) => total + Number(/^(\d+) of (\d+)/.exec(cell)?.slice(1)[at]), 0);
    const count = `${sum(0).toLocaleString('en')} of ${sum(1).toLocaleString('en')}`;
    const note = `with ${name} ${version}: ${count} messages came through byte for byte`;
    this.#table.write(rows, ORDER, note);
  }

  #judge(
    name: string,
    way: string,
    sample: Sample,
    outcome: Outcome,
    known: string | undefined,
  ): readonly object[] {
    const now = cellOf(outcome);
    const id = `${name} ${way}`;
    // A fault that its own connection does not show to be the client's is never what a table expects.
    if (outcome.fault?.isTheClients === false)
      return [{ id, body: sample.name, now, fault: 'not the client' }];
    if (isWriting) this.#table.set(sample.name, id, now);
    return isWriting || now === known ? [] : [{ id, body: sample.name, known, now }];
  }
}

function through(kind: BrokerKind, start: () => Promise<Broker>): void {
  describeWith(kind, `through ${kind}`, () => {
    const exchange = new Exchange(kind);
    let broker: Broker;

    beforeAll(async () => {
      broker = await start();
    });

    afterAll(async () => {
      if (isWriting) exchange.write(broker);
      await broker?.stop();
    });

    test('our client and our client, both ways, as docs/interop.md has it', () => exchange.run(OURS, broker));

    for (const { needed, candidate } of FOREIGN) {
      describeWith(needed, `our client and ${candidate.name}`, () => {
        test('both ways, as docs/interop.md has it', () => exchange.run(candidate, broker));
      });
    }
  });
}

describe('other clients', () => {
  through('activemq', () => startActiveMQ());
  through('rabbitmq', () => startRabbitMQ());
  through('stompserver', () => startStompserver({ auth: true }));
});
