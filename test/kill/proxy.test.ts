import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CuttingProxy } from './proxy.js';

/** A server which sends back what it gets. */
let echo: Server;
let port: number;
const received: Buffer[] = [];

beforeEach(async () => {
  received.length = 0;
  echo = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      received.push(chunk);
      socket.write(chunk);
    });
  });
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  port = (echo.address() as { port: number }).port;
});

afterEach(() => void echo.close());

/** What came back over the proxy, and how it ended. */
async function talk(proxy: CuttingProxy, text: string): Promise<{ back: string; error: string | undefined }> {
  const client: Socket = connect({ host: '127.0.0.1', port: proxy.port });
  let back = '';
  let error: string | undefined;
  client.on('data', (chunk) => {
    back += chunk;
    if (back.length === text.length) client.end();
  });
  client.on('error', (cause: NodeJS.ErrnoException) => {
    error = cause.code;
  });
  client.write(text);
  await new Promise((resolve) => client.once('close', resolve));
  return { back, error };
}

describe('CuttingProxy', () => {
  test('passes everything on', async () => {
    const proxy = await CuttingProxy.start(port, { budget: () => undefined, reset: () => false });
    const text = 'x'.repeat(300_000);
    expect((await talk(proxy, text)).back).toBe(text);
    await proxy.stop();
  });

  test('cuts on the way to the broker', async () => {
    const cuts: number[] = [];
    const proxy = await CuttingProxy.start(port, {
      budget: () => 3,
      reset: () => false,
      onCut: (bytes) => cuts.push(bytes),
    });
    expect(await talk(proxy, 'abcdef')).toEqual({ back: '', error: undefined });
    await proxy.stop();
    expect(Buffer.concat(received).toString()).toBe('abc');
    expect(cuts).toEqual([3]);
  });

  test('cuts on the way back', async () => {
    const proxy = await CuttingProxy.start(port, { budget: () => 8, reset: () => false });
    expect(await talk(proxy, 'abcdef')).toEqual({ back: 'ab', error: undefined });
    await proxy.stop();
  });

  test('resets where it is told to', async () => {
    const proxy = await CuttingProxy.start(port, { budget: () => 6, reset: () => true });
    expect((await talk(proxy, 'abcdef')).error).toBe('ECONNRESET');
    await proxy.stop();
  });

  test('closes the client where the broker is gone', async () => {
    await new Promise((resolve) => echo.close(resolve));
    const proxy = await CuttingProxy.start(port, { budget: () => undefined, reset: () => false });
    expect((await talk(proxy, 'abcdef')).back).toBe('');
    await proxy.stop();
  });
});
