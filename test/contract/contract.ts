import { describe, expect, test } from 'vitest';
import { Connector, parseConfig } from '../../src/connector/index.js';
import { connect, type Message, type Pool } from '../../src/index.js';

/** A broker to hold the contract against. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly login: string;
  readonly passcode: string;
}

/** In what a broker differs, as measured. */
export interface Dialect {
  /** It says `redelivered:true` when a message comes again. */
  readonly saysRedelivered: boolean;
  /** What is not acknowledged comes again after the connection ended. */
  readonly redelivers: boolean;
  /** A destination whose SUBSCRIBE it refuses, and headers for that. */
  readonly refusedSubscribe?: { readonly destination: string; readonly headers?: Record<string, string> };
  /** In client mode it sends the next message only after the ACK of the one before, over the whole connection. */
  readonly oneAtATime: boolean;
  /** It has `client-individual`, although 1.0 does not. */
  readonly individualAcks: boolean;
  /** Header values come back as they were sent, also with a colon in them. */
  readonly verbatimHeaders: boolean;
}

const RUN = `${process.pid.toString(36)}${Math.floor(performance.now()).toString(36)}`;
let destinations = 0;

export function newDestination(kind: 'queue' | 'topic' = 'queue'): string {
  return `/${kind}/contract-${RUN}-${++destinations}`;
}

export async function until(done: () => boolean, what: string, timeoutMs = 15_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!done()) {
    if (performance.now() > deadline) throw new Error(`gave up waiting until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Long enough for a message that should not come to have come. */
const QUIET_MS = 300;
/** A test only for brokers that have what it is about. */
const when = (applies: boolean): ((name: string, body: () => unknown) => void) => (applies ? test : () => {});

const quiet = () => new Promise((resolve) => setTimeout(resolve, QUIET_MS));

/** What every broker must do with this library, over the broker that `target` gives. */
export function contract(target: () => Target, dialect: Dialect): void {
  const pools: Pool[] = [];
  const open = async (options = {}): Promise<Pool> => {
    const { host, port, login, passcode } = target();
    const pool = await connect({ hosts: [{ host, port, login, passcode }], ...options });
    pools.push(pool);
    return pool;
  };
  const within = (body: (pool: Pool) => Promise<void>) => async () => {
    const pool = await open();
    try {
      await body(pool);
    } finally {
      for (const each of pools.splice(0)) await each.disconnect();
    }
  };
  const drainQueue = async (destination: string): Promise<string[]> => {
    const left: string[] = [];
    const pool = await open();
    const sub = pool.subscribe(destination, {}, (message) => void left.push(message.text()));
    await sub.ready;
    await quiet();
    await sub.unsubscribe();
    return left;
  };

  describe('login', () => {
    test('a wrong passcode rejects connect, once every host was tried', async () => {
      const { host, port, login } = target();
      const refused = connect({ hosts: [{ host, port, login, passcode: 'not-it-42' }] });
      const error = await refused.then(
        () => undefined,
        (reason) => reason,
      );
      expect(error).toMatchObject({
        code: 'STOMP_POOL_EXHAUSTED',
        attempts: [{ error: { code: 'STOMP_CONNECT_REFUSED' } }],
      });
      expect(JSON.stringify(error) + String(error)).not.toContain('not-it-42');
    });
  });

  describe('messages', () => {
    test.each([
      ['text', 'hello'],
      ['no body', ''],
      ['UTF-8 of one to four bytes', 'aé€😀'],
      ['lines', 'a\nb\r\nc\n\n'],
      ['1 MiB', 'x'.repeat(1_048_576)],
    ])('%s arrives as it was sent', (_, body) =>
      within(async (pool) => {
        const destination = newDestination();
        const got: Message[] = [];
        await pool.subscribe(destination, {}, (message) => void got.push(message)).ready;
        await pool.publish(destination, body);
        await until(() => got.length === 1, 'it arrives');
        expect(got[0]!.text() === body).toBe(true);
        expect(got[0]!.command).toBe('MESSAGE');
      })(),
    );

    test(
      'all 256 bytes arrive as they were sent',
      within(async (pool) => {
        const destination = newDestination();
        const body = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
        const got: Buffer[] = [];
        await pool.subscribe(destination, {}, (message) => void got.push(message.body)).ready;
        await pool.publish(destination, body);
        await until(() => got.length === 1, 'it arrives');
        expect(got[0]).toEqual(body);
      }),
    );

    test(
      'without content-length, text arrives as it was sent',
      within(async (pool) => {
        const destination = newDestination();
        const got: string[] = [];
        await pool.subscribe(destination, {}, (message) => void got.push(message.text())).ready;
        await pool.publish(destination, 'plain text', { contentLength: false });
        await until(() => got.length === 1, 'it arrives');
        expect(got).toEqual(['plain text']);
      }),
    );

    test(
      'headers of the user arrive',
      within(async (pool) => {
        const destination = newDestination();
        const value = dialect.verbatimHeaders ? 'a:b é' : 'a-b';
        const got: Array<string | undefined> = [];
        await pool.subscribe(destination, {}, (message) => void got.push(message.headers.get('colour')))
          .ready;
        await pool.publish(destination, 'x', { headers: { colour: value } });
        await until(() => got.length === 1, 'it arrives');
        expect(got).toEqual([value]);
      }),
    );

    test(
      '2,000 by publish and 2,000 by send arrive once each and in order',
      within(async (pool) => {
        const destination = newDestination();
        const got: string[] = [];
        await pool.subscribe(destination, {}, (message) => void got.push(message.text())).ready;
        const wanted = Array.from({ length: 2_000 }, (_, i) => `p${i}`);
        await Promise.all(wanted.map((body) => pool.publish(destination, body)));
        for (let i = 0; i < 2_000; i++) if (!pool.send(destination, `s${i}`)) await pool.drain();
        await until(() => got.length >= 4_000, 'they arrive');
        expect(got).toEqual([...wanted, ...wanted.map((body) => body.replace('p', 's'))]);
      }),
    );

    test(
      'a topic gives each subscriber a copy',
      within(async (pool) => {
        const destination = newDestination('topic');
        const other = await open();
        const got: string[] = [];
        await pool.subscribe(destination, {}, (message) => void got.push(`1 ${message.text()}`)).ready;
        await other.subscribe(destination, {}, (message) => void got.push(`2 ${message.text()}`)).ready;
        await pool.publish(destination, 'news');
        await until(() => got.length === 2, 'both have it');
        expect(got.sort()).toEqual(['1 news', '2 news']);
      }),
    );

    test(
      'after unsubscribe nothing comes',
      within(async (pool) => {
        const destination = newDestination();
        const got: string[] = [];
        const sub = pool.subscribe(destination, {}, (message) => void got.push(message.text()));
        await sub.ready;
        await sub.unsubscribe();
        await pool.publish(destination, 'late');
        await quiet();
        expect(got).toEqual([]);
        expect(await drainQueue(destination)).toEqual(['late']);
      }),
    );
  });

  describe('acknowledgement', () => {
    test(
      'in client mode, handlers that finish out of order acknowledge each message once',
      within(async (pool) => {
        const destination = newDestination();
        let acked = 0;
        const sub = pool.subscribe(destination, { ack: 'client', concurrency: 8 }, async (message) => {
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
          if (message.ack()) acked++;
        });
        await sub.ready;
        await Promise.all(Array.from({ length: 100 }, (_, i) => pool.publish(destination, `${i}`)));
        await until(() => acked === 100, 'all are acknowledged');
        expect(pool.stats().connection?.unacknowledged).toBe(0);
        // RabbitMQ ends the connection of who acknowledges what is covered already.
        expect(pool.stats().connections).toBe(1);
        await pool.disconnect();
        expect(await drainQueue(destination)).toEqual([]);
      }),
    );

    test(
      'ackThrough acknowledges what came before',
      within(async (pool) => {
        const destination = newDestination();
        const got: Message[] = [];
        for (const body of ['a', 'b', 'c']) await pool.publish(destination, body);
        const sub = pool.subscribe(destination, { ack: 'client', prefetch: 10 }, (message) => {
          got.push(message);
          if (dialect.oneAtATime) message.ack();
        });
        await sub.ready;
        await until(() => got.length === 3, 'they arrive');
        if (!dialect.oneAtATime) expect(got[2]!.ackThrough()).toBe(true);
        await pool.disconnect();
        expect(await drainQueue(destination)).toEqual([]);
      }),
    );

    test(
      'ackConfirmed resolves on the RECEIPT, and a second ack is none',
      within(async (pool) => {
        const destination = newDestination();
        const got: Message[] = [];
        await pool.subscribe(destination, { ack: 'client' }, (message) => void got.push(message)).ready;
        await pool.publish(destination, 'x');
        await until(() => got.length === 1, 'it arrives');
        await got[0]!.ackConfirmed();
        expect(got[0]!.ack()).toBe(false);
        await expect(got[0]!.ackConfirmed()).rejects.toMatchObject({ code: 'STOMP_STALE_ACK' });
        await pool.disconnect();
        expect(await drainQueue(destination)).toEqual([]);
      }),
    );

    when(dialect.redelivers)(
      'what is not acknowledged comes again',
      within(async (pool) => {
        const destination = newDestination();
        const first: Message[] = [];
        await pool.subscribe(destination, { ack: 'client' }, (message) => void first.push(message)).ready;
        await pool.publish(destination, 'x');
        await until(() => first.length === 1, 'it arrives');
        expect(first[0]!.redelivered).toBe(false);
        await pool.disconnect();
        expect(first[0]!.ack()).toBe(false);
        const again: Message[] = [];
        const other = await open();
        await other.subscribe(destination, { ack: 'client' }, (message) => {
          again.push(message);
          message.ack();
        }).ready;
        await until(() => again.length === 1, 'it comes again');
        expect(again[0]!.redelivered).toBe(dialect.saysRedelivered);
      }),
    );

    when(dialect.individualAcks)(
      'client-individual acknowledges one message and no other',
      within(async (pool) => {
        const destination = newDestination();
        const got: Message[] = [];
        await pool.subscribe(destination, { ack: 'client-individual' }, (message) => void got.push(message))
          .ready;
        for (const body of ['a', 'b', 'c']) await pool.publish(destination, body);
        await until(() => got.length === 3, 'they arrive');
        await got[1]!.ackConfirmed();
        await pool.disconnect();
        expect(await drainQueue(destination)).toEqual(['a', 'c']);
      }),
    );

    when(!dialect.oneAtATime)(
      'two client subscriptions on one connection: each message is acknowledged by its own ack',
      within(async (pool) => {
        const destinations = [newDestination(), newDestination()];
        const got: Message[] = [];
        for (const destination of destinations) {
          await pool.subscribe(
            destination,
            { ack: 'client', prefetch: 10 },
            (message) => void got.push(message),
          ).ready;
        }
        for (const destination of destinations) await pool.publish(destination, destination);
        await until(() => got.length === 2, 'both arrive');
        for (const message of got.reverse()) expect(message.ack()).toBe(true);
        await pool.disconnect();
        for (const destination of destinations) expect(await drainQueue(destination)).toEqual([]);
      }),
    );
  });

  describe('transactions', () => {
    test(
      'COMMIT sends, ABORT does not',
      within(async (pool) => {
        const destination = newDestination();
        const got: string[] = [];
        await pool.subscribe(destination, {}, (message) => void got.push(message.text())).ready;
        const failed = pool.transaction((tx) => {
          tx.send(destination, 'aborted');
          throw new Error('changed my mind');
        });
        await expect(failed).rejects.toThrow('changed my mind');
        await pool.transaction((tx) => {
          tx.send(destination, 'one');
          tx.send(destination, 'two');
        });
        await until(() => got.length >= 2, 'they arrive');
        await quiet();
        expect(got).toEqual(['one', 'two']);
      }),
    );
  });

  describe('subscriptions', () => {
    const QUEUED = 2_000;

    when(dialect.refusedSubscribe !== undefined)(
      'a refused SUBSCRIBE rejects and is not made again; the others live on',
      within(async (pool) => {
        const destination = newDestination();
        const got: string[] = [];
        await pool.subscribe(destination, {}, (message) => void got.push(message.text())).ready;
        const { destination: refused, headers } = dialect.refusedSubscribe!;
        const sub = pool.subscribe(refused, { headers }, () => {});
        await expect(sub.ready).rejects.toMatchObject({ code: 'STOMP_SUBSCRIBE_REFUSED' });
        await expect(sub.closed).resolves.toMatchObject({ code: 'STOMP_SUBSCRIBE_REFUSED' });
        await until(() => pool.state === 'connected', 'the pool is back');
        const subs = pool.stats().subscriptions;
        await publishSurely(pool, destination, 'still here');
        await until(() => got.includes('still here'), 'the other still gets messages');
        expect(subs).toBe(1);
        expect(pool.stats().connections).toBeLessThanOrEqual(2);
      }),
    );

    test.each(['auto', 'client'] as const)(
      'a consumer that awaits its own publish gets through 2,000 queued messages (%s)',
      (ack) =>
        within(async (pool) => {
          const from = newDestination();
          const to = newDestination();
          await Promise.all(Array.from({ length: QUEUED }, (_, i) => pool.publish(from, `${i}`)));
          let seen = 0;
          for await (const message of pool.subscribe(from, { ack })) {
            await pool.publish(to, message.body);
            if (ack === 'client') message.ack();
            if (++seen === QUEUED) break;
          }
          const out = await drainQueueUntil(to, QUEUED);
          expect(out).toEqual(Array.from({ length: QUEUED }, (_, i) => `${i}`));
        })(),
    );
  });

  async function drainQueueUntil(destination: string, count: number): Promise<string[]> {
    const pool = await open();
    const got: string[] = [];
    await pool.subscribe(destination, {}, (message) => void got.push(message.text())).ready;
    await until(() => got.length >= count, `${count} messages have come`);
    return got;
  }

  describe('connector', () => {
    test.each([true, false])('publishes and receives as client.cfg says (base64 %s)', async (base64) => {
      const { host, port, login, passcode } = target();
      const settings = parseConfig(
        [
          'connector = stomp',
          `plugin.stomp.base64 = ${base64 ? 1 : 0}`,
          `plugin.stomp.host = ${host}`,
          `plugin.stomp.port = ${port}`,
          'plugin.stomp.user = overridden',
          'plugin.stomp.password = overridden',
          'plugin.stomp.priority = 4',
        ].join('\n'),
        { env: { STOMP_USER: login, STOMP_PASSWORD: passcode } },
      );
      const connector = new Connector(settings);
      await connector.connect();
      await connector.connect();
      const source = newDestination('topic');
      const subscription = connector.subscribe(source);
      expect(connector.subscribe(source)).toBe(subscription);
      await subscription.ready;
      const payload = Buffer.from(Array.from({ length: 300 }, (_, i) => i % 256));
      await connector.publish(source, payload);
      const request = await connector.receive();
      expect(request.payload).toEqual(payload);
      expect(request.headers.get('priority')).toBe('4');
      await connector.unsubscribe(source);
      await connector.disconnect();
    });
  });
}

/** Publishes until it is confirmed, for the moments around a reconnect. */
async function publishSurely(pool: Pool, destination: string, body: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await pool.publish(destination, body);
      return;
    } catch (error) {
      if (tries === 5) throw error;
    }
  }
}
