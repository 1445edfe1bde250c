import type { ClientErrand } from '../../src/audit/peer/index.js';
import { connect } from '../../src/pool/connect.js';
import type { Pool } from '../../src/pool/pool.js';
import type { Message } from '../../src/transport/message.js';

const OUT = '/queue/out';
const hex = (text: string | Uint8Array): string => Buffer.from(text).toString('hex');

/** What a client says of a message: names, values and body in hexadecimal, as docs/conformance.md has it. */
function report(message: Message): string {
  const headers = [...message.headers].map(([name, value]) => [hex(name), hex(value)]);
  return JSON.stringify({ body: hex(message.body), headers });
}

async function withReceipts(pool: Pool): Promise<void> {
  await Promise.allSettled(
    [1, 2, 3].map((count) =>
      pool.publish(OUT, `message ${count}`).then(() => void pool.send(OUT, `confirmed ${count}`)),
    ),
  );
}

function inject(pool: Pool): void {
  try {
    pool.send(OUT, 'sent', { headers: { k: 'a\nevil:1' } });
  } catch {
    pool.send(OUT, 'refused');
  }
}

async function obey(pool: Pool, message: Message): Promise<void> {
  message.ack();
  const text = message.text();
  if (text === 'receipts') await withReceipts(pool);
  else if (text === 'utf8') pool.send(OUT, 'h\u00e9llo\u20ac');
  else if (text === 'nul') pool.send(OUT, 'a\0b');
  else if (text === 'inject') inject(pool);
  else if (text === 'bye') await pool.disconnect();
  else pool.send(OUT, report(message));
}

/** Our own client on the errand that the suite has for every client. */
export async function runOurClient({ host, port, secondPort, id, signal }: ClientErrand): Promise<void> {
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
  pool.subscribe('/queue/in', { ack: 'client' }, (message) => obey(pool, message));
  await pool.closed;
}
