// stompit on the errand of docs/conformance.md. `node stompit.mjs PORT SECOND_PORT CASE`
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(pathToFileURL(`${process.env.STOMPWIRE_CLIENTS}/`));
const stompit = require('stompit');
const QUEUES = process.env.STOMPWIRE_QUEUES ?? '/queue/';
const OUT = `${QUEUES}out`;
const [port, second, id] = process.argv.slice(2);
// RabbitMQ takes the host for a virtual one.
const connectHeaders = { host: '/', login: 'me', passcode: 'secret', 'accept-version': '1.0' };
const servers = [port, second]
  .slice(0, id.startsWith('failover.') ? 2 : 1)
  .map((one) => ({ host: '127.0.0.1', port: Number(one), connectHeaders }));
const manager = new stompit.ConnectFailover(servers, {
  initialReconnectDelay: 50,
  maxReconnects: servers.length * 2,
});
const hex = (value) => Buffer.from(String(value)).toString('hex');

function obey(client, message, body) {
  const send = (text, headers = {}, options = {}) =>
    client
      .send({ destination: OUT, 'content-length': Buffer.byteLength(text), ...headers }, options)
      .end(text);
  client.ack(message);
  const text = body.toString();
  if (text === 'receipts') {
    for (const count of [1, 2, 3])
      send(`message ${count}`, {}, { onReceipt: () => send(`confirmed ${count}`) });
  } else if (text === 'utf8') send('h\u00e9llo\u20ac');
  else if (text === 'nul') send('a\0b');
  else if (text === 'inject') {
    try {
      send('sent', { k: 'a\nevil:1' });
    } catch {
      send('refused');
    }
  } else if (text.startsWith('text ')) send(readFileSync(text.slice(5), 'utf8'));
  else if (text.startsWith('bytes ')) send(readFileSync(text.slice(6)));
  else if (text === 'bye') client.disconnect(() => undefined);
  else {
    const headers = Object.entries(message.headers).map(([name, value]) => [hex(name), hex(value)]);
    send(JSON.stringify({ body: body.toString('hex'), headers }));
  }
}

function go() {
  manager.connect((error, client, reconnect) => {
    if (error) return;
    client.on('error', () => {
      if (servers.length > 1) reconnect();
    });
    client.subscribe({ destination: `${QUEUES}in`, ack: 'client' }, (failure, message) => {
      if (failure) return;
      const parts = [];
      message.on('readable', () => {
        for (let part = message.read(); part !== null; part = message.read()) parts.push(part);
      });
      message.on('end', () => obey(client, message, Buffer.concat(parts)));
    });
  });
}
go();
