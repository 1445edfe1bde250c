import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../src/index.js';

/** Whether a pool leaves a broker that says CONNECTED and then nothing more. */
export async function probesWork(): Promise<boolean> {
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => {
    socket.on('error', () => {});
    // A pool may look from the side whether there is still somebody.
    if (sockets.size > 0) socket.resume();
    else socket.once('data', () => socket.write('CONNECTED\nsession:silent\n\n\0\n'));
    sockets.add(socket);
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const address = silent.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  let lost = false;
  const pool = await connect(
    { hosts: [{ host: '127.0.0.1', port }] },
    {
      probeIntervalMs: 50,
      probeTimeoutMs: 100,
      observer: {
        onDisconnect({ error }) {
          if (error !== undefined) lost = true;
        },
      },
    },
  );
  for (let i = 0; i < 40 && !lost; i++) await sleep(25);
  pool.destroy();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => silent.close(resolve));
  return lost;
}
