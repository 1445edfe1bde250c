// stomp-client on the errand of docs/conformance.md. `node stomp-client.mjs PORT SECOND_PORT CASE`
// It knows one address and has no way to hear of a RECEIPT.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(pathToFileURL(`${process.env.STOMPWIRE_CLIENTS}/`));
const StompClient = require('stomp-client');
const OUT = '/queue/out';
const [port, , id] = process.argv.slice(2);
const reconnectOpts = id.startsWith('failover.') ? { retries: 5, delay: 50 } : undefined;
const client = new StompClient({
  ...{ host: '127.0.0.1', port: Number(port), user: 'me', pass: 'secret' },
  ...{ protocolVersion: '1.0', reconnectOpts },
});
const hex = (value) => Buffer.from(String(value)).toString('hex');

function obey(text, headers) {
  const send = (body, more) => client.publish(OUT, body, more);
  client.ack(headers['message-id'], headers.subscription);
  if (text === 'receipts') send('unsupported');
  else if (text === 'utf8') send('h\u00e9llo\u20ac');
  else if (text === 'nul') send('a\0b');
  else if (text === 'inject') {
    try {
      send('sent', { k: 'a\nevil:1' });
    } catch {
      send('refused');
    }
  } else if (text === 'bye') client.disconnect();
  else {
    const pairs = Object.entries(headers).map(([name, value]) => [hex(name), hex(value)]);
    send(JSON.stringify({ body: hex(text), headers: pairs }));
  }
}

client.connect(
  () => client.subscribe('/queue/in', { ack: 'client' }, obey),
  () => undefined,
);
