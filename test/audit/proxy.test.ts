import { readFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { startProxy } from '../../src/audit/proxy.js';
import type { TranscriptRecord } from '../../src/audit/types.js';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const certificate = (name: string): Buffer =>
  readFileSync(new URL(`../support/certs/${name}`, import.meta.url));

async function serve(onSocket: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as { port: number }).port;
}

async function proxied(to: number, extra: object = {}) {
  const records: TranscriptRecord[] = [];
  const proxy = await startProxy({ to: { port: to }, onRecord: (record) => records.push(record), ...extra });
  closers.push(() => proxy.close());
  return { proxy, records };
}

function dialed(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => resolve(socket));
    socket.once('error', reject);
    closers.push(() => socket.destroy());
  });
}

/** Everything until the end. */
async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const joined = (records: readonly TranscriptRecord[], direction: string): string =>
  Buffer.concat(
    records.flatMap((one) => (one.kind === 'bytes' && one.direction === direction ? [one.bytes] : [])),
  ).toString('latin1');

async function until(holds: () => boolean): Promise<void> {
  for (let count = 0; count < 400 && !holds(); count++) await sleep(5);
  expect(holds()).toBe(true);
}

describe('a proxy', () => {
  test('passes bytes of any kind in both directions, and records them', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, at) => at));
    const { proxy, records } = await proxied(await serve((socket) => socket.pipe(socket)));
    const client = await dialed(proxy.port);
    client.end(bytes);
    expect(await readAll(client)).toEqual(bytes);
    await until(() => records.at(-1)?.kind === 'close');
    expect(records[0]).toMatchObject({ kind: 'open', connection: 1 });
    expect(joined(records, 'to-broker')).toBe(bytes.toString('latin1'));
    expect(joined(records, 'to-client')).toBe(bytes.toString('latin1'));
    expect(records.at(-1)).toMatchObject({ by: 'client', error: undefined });
    expect(proxy.stats()).toMatchObject({ open: 0, accepted: 1, bytesToBroker: 256, bytesToClient: 256 });
  });

  test('passes a passcode on and masks it in the record', async () => {
    const { proxy, records } = await proxied(await serve((socket) => socket.pipe(socket)));
    const client = await dialed(proxy.port);
    client.end('CONNECT\nlogin:me\npasscode:secret\n\n\0');
    expect((await readAll(client)).toString()).toContain('passcode:secret');
    expect(joined(records, 'to-broker')).toBe('CONNECT\nlogin:me\npasscode:******\n\n\0');
  });

  test('carries a half-close over: the other direction goes on', async () => {
    let ended = false;
    const port = await serve((socket) => {
      socket.resume().on('end', () => {
        ended = true;
        setTimeout(() => socket.end('late answer'), 30);
      });
    });
    const { proxy, records } = await proxied(port);
    const client = await dialed(proxy.port);
    client.end('question');
    expect((await readAll(client)).toString()).toBe('late answer');
    expect(ended).toBe(true);
    await until(() => records.at(-1)?.kind === 'close');
  });

  test('carries the end of the broker over', async () => {
    const { proxy, records } = await proxied(await serve((socket) => socket.end('bye')));
    const client = await dialed(proxy.port);
    expect((await readAll(client)).toString()).toBe('bye');
    client.end();
    await until(() => records.at(-1)?.kind === 'close');
    expect(records.at(-1)).toMatchObject({ by: 'broker' });
  });

  test('carries a reset over, and says whose it was', async () => {
    const { proxy, records } = await proxied(
      await serve((socket) => void socket.once('data', () => socket.resetAndDestroy())),
    );
    const client = await dialed(proxy.port);
    const error = new Promise<Error>((resolve) => client.once('error', resolve));
    client.resume().write('x');
    expect(await error).toMatchObject({ code: 'ECONNRESET' });
    await until(() => proxy.stats().open === 0);
    expect(records.filter(({ kind }) => kind === 'close')).toMatchObject([
      { by: 'broker', error: 'STOMP_CONNECTION_LOST' },
    ]);
  });

  test('resets a client whose broker cannot be reached', async () => {
    const port = await serve(() => undefined);
    await closers.pop()?.();
    const { proxy, records } = await proxied(port);
    const client = await dialed(proxy.port);
    const over = new Promise((resolve) => client.once('error', resolve).once('close', resolve));
    client.resume();
    await over;
    await until(() => records.length === 2);
    expect(records[1]).toMatchObject({ kind: 'close', error: 'STOMP_CONNECT_FAILED' });
    expect(proxy.stats().open).toBe(0);
  });

  test('does not read from a side whose other side does not read', async () => {
    let server: Socket | undefined;
    const { proxy } = await proxied(
      await serve((socket) => {
        server = socket.pause();
      }),
    );
    const client = await dialed(proxy.port);
    const chunk = Buffer.alloc(1 << 20, 1);
    for (let count = 0; count < 64; count++) client.write(chunk);
    let before = -1;
    await until(() => {
      const now = proxy.stats().bytesToBroker;
      const settled = now === before && now > 0;
      before = now;
      return settled;
    });
    await sleep(50);
    expect(proxy.stats().bytesToBroker).toBeLessThan(32 << 20);
    server!.resume();
    client.end();
    await until(() => proxy.stats().bytesToBroker === 64 << 20);
  });

  test('goes on when onRecord throws, and counts it', async () => {
    const port = await serve((socket) => socket.pipe(socket));
    const { proxy } = await proxied(port, {
      onRecord: () => {
        throw new Error('no room');
      },
    });
    const client = await dialed(proxy.port);
    client.end('still here');
    expect((await readAll(client)).toString()).toBe('still here');
    expect(proxy.stats().recordErrors).toBeGreaterThan(1);
  });

  test('numbers its connections', async () => {
    const { proxy, records } = await proxied(await serve((socket) => socket.pipe(socket)));
    for (const text of ['one', 'two']) {
      const client = await dialed(proxy.port);
      client.end(text);
      await readAll(client);
    }
    expect(records.filter(({ kind }) => kind === 'open').map(({ connection }) => connection)).toEqual([1, 2]);
  });

  test('speaks TLS with the client and looks into it', async () => {
    const tls = { listen: { cert: certificate('server.pem'), key: certificate('server.key') } };
    const { proxy, records } = await proxied(await serve((socket) => socket.pipe(socket)), { tls });
    const client = connectTls({ port: proxy.port, ca: certificate('ca.pem'), servername: 'localhost' });
    closers.push(() => client.destroy());
    await new Promise((done) => client.once('secureConnect', done));
    client.write('inside');
    await new Promise((done) => client.once('data', done));
    expect(joined(records, 'to-broker')).toBe('inside');
  });

  test('speaks TLS with the broker', async () => {
    const pair = { cert: certificate('server.pem'), key: certificate('server.key') };
    const behind = await proxied(await serve((socket) => socket.pipe(socket)), { tls: { listen: pair } });
    const { proxy, records } = await proxied(behind.proxy.port, {
      tls: { to: { ca: certificate('ca.pem'), servername: 'localhost' } },
    });
    const client = await dialed(proxy.port);
    client.end('through');
    expect((await readAll(client)).toString()).toBe('through');
    expect(records[0]).toMatchObject({ endpoint: `stomp+ssl://127.0.0.1:${behind.proxy.port}` });
  });

  test('needs no name for a TLS broker that has an address, and Node warns of nothing', async () => {
    const warnings: Error[] = [];
    const warned = (warning: Error): void => void warnings.push(warning);
    process.on('warning', warned);
    closers.push(() => void process.off('warning', warned));
    const pair = { cert: certificate('server.pem'), key: certificate('server.key') };
    const behind = await proxied(await serve((socket) => socket.pipe(socket)), { tls: { listen: pair } });
    const { proxy } = await proxied(behind.proxy.port, { tls: { to: { ca: certificate('ca.pem') } } });
    const client = await dialed(proxy.port);
    client.end('through');
    expect((await readAll(client)).toString()).toBe('through');
    await new Promise(setImmediate);
    expect(warnings).toEqual([]);
  });

  test('drops everything when it is closed', async () => {
    const { proxy } = await proxied(await serve(() => undefined));
    const client = await dialed(proxy.port);
    const over = new Promise((resolve) => client.once('close', resolve));
    client.on('error', () => undefined).resume();
    await until(() => proxy.stats().open === 1);
    await proxy.close();
    await over;
  });

  test.each([
    [{ to: { port: 0 } }, 'to.port'],
    [{ to: { port: 65_536 } }, 'to.port'],
    [{ to: { port: 1 }, listen: { port: -1 } }, 'listen.port'],
  ])('refuses %j', async (options, option) => {
    await expect(startProxy({ ...options, onRecord: () => undefined })).rejects.toMatchObject({
      ...{ code: 'STOMP_CONFIG_INVALID', option },
    });
  });
});
