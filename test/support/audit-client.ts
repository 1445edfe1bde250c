import { readFileSync } from 'node:fs';
import type { ClientErrand } from '../../src/audit/peer/index.js';
import { connect } from '../../src/pool/connect.js';
import type { Pool } from '../../src/pool/pool.js';
import type { Message } from '../../src/transport/message.js';

const hex = (text: string | Uint8Array): string => Buffer.from(text).toString('hex');

/** What a client says of a message: names, values and body in hexadecimal, as docs/conformance.md has it. */
function report(message: Message): string {
  const headers = [...message.headers].map(([name, value]) => [hex(name), hex(value)]);
  return JSON.stringify({ body: hex(message.body), headers });
}

async function withReceipts(pool: Pool, out: string): Promise<void> {
  await Promise.allSettled(
    [1, 2, 3].map((count) =>
      pool.publish(out, `message ${count}`).then(() => void pool.send(out, `confirmed ${count}`)),
    ),
  );
}

function inject(pool: Pool, out: string): void {
  try {
    pool.send(out, 'sent', { headers: { k: 'a\nevil:1' } });
  } catch {
    pool.send(out, 'refused');
  }
}

async function obey(pool: Pool, message: Message, out: string): Promise<void> {
  message.ack();
  const text = message.text();
  if (text === 'receipts') await withReceipts(pool, out);
  else if (text === 'utf8') pool.send(out, 'h\u00e9llo\u20ac');
  else if (text === 'nul') pool.send(out, 'a\0b');
  else if (text.startsWith('text ')) pool.send(out, readFileSync(text.slice(5), 'utf8'));
  else if (text.startsWith('bytes ')) pool.send(out, readFileSync(text.slice(6)));
  else if (text === 'inject') inject(pool, out);
  else if (text === 'bye') await pool.disconnect();
  else pool.send(out, report(message));
}

/**
 * Our own client on the errand that the suite has for every client. `queues` is what the names of its two
 * destinations, `in` and `out`, begin with.
 */
export async function runOurClient(
  { host, port, secondPort, id, signal }: ClientErrand,
  queues = '/queue/',
): Promise<void> {
  const failover = id.startsWith('failover.');
  const hosts = [{ host, port, login: 'me', passcode: 'secret' }];
  if (failover) hosts.push({ host, port: secondPort, login: 'me', passcode: 'secret' });
  const pool = await connect({
    hosts,
    signal,
    connectTimeoutMs: 1_000,
    initialReconnectDelayMs: 20,
    ...(failover ? {} : { maxReconnectAttempts: 1 }),
  });
  pool.subscribe(`${queues}in`, { ack: 'client' }, (message) => obey(pool, message, `${queues}out`));
  await pool.closed;
}
