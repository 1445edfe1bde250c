import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Broker, type BrokerOptions, BrokerStore } from '../../src/broker/index.js';
import type { PoolError } from '../../src/errors.js';
import { connect, type Pool } from '../../src/pool/index.js';
import { refuseStrayErrors, rejection } from '../support/pool-world.js';

refuseStrayErrors();

const opened: Array<() => unknown> = [];

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function broker(options: BrokerOptions = {}): Promise<Broker> {
  const started = await Broker.start(options);
  opened.push(() => started.stop());
  return started;
}

function keep(pool: Pool): Pool {
  opened.push(() => pool.destroy());
  return pool;
}

/** A TCP server whose every connection is handed to `serve`. */
async function tcp(serve: (socket: Socket) => void): Promise<{ port: number; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as { port: number }).port, sockets };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('it did not happen within 5 s');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A port that was free a moment ago. */
async function closedPort(): Promise<number> {
  const gone = await Broker.start();
  await gone.stop();
  return gone.port;
}

describe('two brokers', () => {
  it('one is killed: subscriptions, publishes and transactions go on with the other', async () => {
    const store = new BrokerStore();
    const a = await broker({ store });
    const b = await broker({ store });
    const pool = keep(await connect(`failover:(${a.url},${b.url})`));
    expect(pool.endpoint.port).toBe(a.port);
    const got: string[] = [];
    const sub = pool.subscribe('/queue/a', {}, (message) => void got.push(message.text()));
    await sub.ready;
    await pool.publish('/queue/a', 'one');
    await until(() => got.length === 1);
    await a.kill();
    await until(() => pool.stats().connections === 2);
    expect(pool.endpoint.port).toBe(b.port);
    await pool.publish('/queue/a', 'two');
    await pool.transaction((tx) => tx.send('/queue/a', 'three'));
    pool.send('/queue/a', 'four');
    await until(() => got.length === 4);
    expect(got).toEqual(['one', 'two', 'three', 'four']);
    await pool.disconnect();
    expect(b.received.at(-1)?.command).toBe('DISCONNECT');
  });

  it('cut again and again: what was unacknowledged comes again, and every publish is accounted for', async () => {
    const store = new BrokerStore();
    const brokers = [await broker({ store }), await broker({ store })];
    const pool = keep(
      await connect(`failover:(${brokers[0]!.url},${brokers[1]!.url})`, { stableAfterMs: 0 }),
    );
    const seen = new Set<string>();
    pool.subscribe('/queue/a', { ack: 'client-individual' }, async (message) => {
      await message.ackConfirmed().then(
        () => seen.add(message.text()),
        () => {},
      );
    });
    const confirmed: string[] = [];
    const unknown: string[] = [];
    for (let i = 0; i < 300; i++) {
      if (i % 60 === 30) for (const each of brokers) each.cut();
      await pool.publish('/queue/a', `${i}`).then(
        () => confirmed.push(`${i}`),
        (error) => {
          expect(error.code).toBe('STOMP_OUTCOME_UNKNOWN');
          unknown.push(`${i}`);
        },
      );
    }
    expect(confirmed.length + unknown.length).toBe(300);
    expect(unknown.length).toBeLessThanOrEqual(5);
    await until(() => confirmed.every((body) => seen.has(body)) || store.find('/queue/a')?.length === 0);
    expect(pool.stats().connections).toBe(6);
  });

  it('both stop: what is published waits, and goes out when one is back', async () => {
    const a = await broker();
    const pool = keep(await connect(a.url, { maxReconnectDelayMs: 50 }));
    await a.stop();
    await until(() => pool.state === 'connecting');
    const published = pool.publish('/queue/a', 'waited');
    const again = await broker({ port: a.port });
    await published;
    expect(again.store.find('/queue/a')?.length).toBe(1);
  });
});

describe('no good host', () => {
  it('a refused login ends after every host was tried once', async () => {
    const a = await broker({ logins: { me: 'right' } });
    const b = await broker({ logins: { me: 'right' } });
    const wrong = (each: Broker) => each.url.replace('//', '//me:wrong@');
    const error = await connect(`failover:(${wrong(a)},${wrong(b)})`).catch((reason: PoolError) => reason);
    expect((error as PoolError).code).toBe('STOMP_POOL_EXHAUSTED');
    expect((error as PoolError).attempts.map(({ endpoint, error: { code } }) => [endpoint, code])).toEqual([
      [a.url, 'STOMP_CONNECT_REFUSED'],
      [b.url, 'STOMP_CONNECT_REFUSED'],
    ]);
    expect([a.stats().accepted, b.stats().accepted]).toEqual([1, 1]);
  });

  it('a closed port is passed over for one that listens', async () => {
    const good = await broker();
    const port = await closedPort();
    const pool = keep(await connect(`failover:(stomp://127.0.0.1:${port},${good.url})`));
    expect(pool.endpoint.port).toBe(good.port);
  });

  it('a silent broker fails after connectTimeoutMs', async () => {
    const silent = await broker({ faults: { silent: 'start' } });
    const good = await broker();
    const pool = keep(await connect(`failover:(${silent.url},${good.url})`, { connectTimeoutMs: 100 }));
    expect(pool.endpoint.port).toBe(good.port);
    const error = await connect(silent.url, { connectTimeoutMs: 50 }).catch((reason: PoolError) => reason);
    expect((error as PoolError).attempts[0]?.error.code).toBe('STOMP_CONNECT_TIMEOUT');
    await until(() => silent.connections.length === 0);
  });

  it('so does TLS with a port that says nothing', async () => {
    const { port, sockets } = await tcp((socket) => socket.resume());
    const error = await connect(`stomp+ssl://127.0.0.1:${port}`, { connectTimeoutMs: 50 }).catch(
      (reason: PoolError) => reason,
    );
    expect((error as PoolError).attempts[0]?.error.code).toBe('STOMP_CONNECT_TIMEOUT');
    expect((error as PoolError).attempts[0]?.error.message).toContain('opening TCP and TLS');
    await until(() => sockets[0]?.destroyed === true);
  });

  it('a signal aborted within the TLS handshake closes the socket', async () => {
    const stop = new AbortController();
    const { port, sockets } = await tcp((socket) => socket.once('data', () => stop.abort()));
    const connecting = connect(`stomp+ssl://127.0.0.1:${port}`, { signal: stop.signal });
    connecting.catch(() => {});
    await until(() => sockets[0]?.destroyed === true);
    expect((await rejection<PoolError>(connecting)).code).toBe('STOMP_ABORTED');
  });
});

describe('a broker that stops reading and resets', () => {
  it('what was still in our hands is counted as lost', async () => {
    let connections = 0;
    const { port, sockets } = await tcp((socket) => {
      connections++;
      socket.once('data', () => {
        socket.write('CONNECTED\n\n\0');
        socket.pause();
      });
    });
    const pool = keep(await connect(`stomp://127.0.0.1:${port}`));
    const body = Buffer.alloc(100_000, 'x');
    for (let i = 0; i < 150; i++) pool.send('/queue/a', body);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const { unsentSends } = pool.stats().connection!;
    expect(unsentSends).toBeGreaterThan(10);
    sockets[0]!.resetAndDestroy();
    await until(() => connections === 2);
    expect(pool.stats().lostSends).toBe(unsentSends);
  });
});
