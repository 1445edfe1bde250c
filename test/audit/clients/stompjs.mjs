// @stomp/stompjs over TCP on the errand of docs/conformance.md. `node stompjs.mjs PORT SECOND_PORT CASE`
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { pathToFileURL } from 'node:url';

const require = createRequire(pathToFileURL(`${process.env.STOMPWIRE_CLIENTS}/`));
const { Client, Versions } = require('@stomp/stompjs');
const QUEUES = process.env.STOMPWIRE_QUEUES ?? '/queue/';
const OUT = `${QUEUES}out`;
const [port, second, id] = process.argv.slice(2);
const ports = id.startsWith('failover.') ? [port, second] : [port];
const hex = (value) => Buffer.from(String(value)).toString('hex');
let dials = 0;

/** A WebSocket as far as the client needs one. */
function socket() {
  const tcp = connect({ port: Number(ports[dials++ % ports.length]), host: '127.0.0.1' });
  const face = {
    readyState: 0,
    url: 'tcp',
    send: (data) => tcp.write(data instanceof ArrayBuffer ? new Uint8Array(data) : data),
    close: () => tcp.end(),
    terminate: () => tcp.destroy(),
  };
  tcp.on('connect', () => {
    face.readyState = 1;
    face.onopen?.();
  });
  tcp.on('data', (data) => face.onmessage?.({ data: new Uint8Array(data).buffer }));
  tcp.on('error', (error) => face.onerror?.(error));
  tcp.on('close', () => {
    face.readyState = 3;
    face.onclose?.({ code: 1000, reason: '', wasClean: true });
  });
  return face;
}

const client = new Client({
  webSocketFactory: socket,
  stompVersions: new Versions(['1.0']),
  connectHeaders: { login: 'me', passcode: 'secret' },
  reconnectDelay: ports.length > 1 ? 50 : 0,
  heartbeatIncoming: 0,
  heartbeatOutgoing: 0,
});
const send = (body, headers = {}) => client.publish({ destination: OUT, body, headers });

function obey(message) {
  message.ack();
  const body = Buffer.from(message.binaryBody);
  const text = body.toString();
  if (text === 'receipts') {
    for (const count of [1, 2, 3]) {
      client.watchForReceipt(`r${count}`, () => send(`confirmed ${count}`));
      send(`message ${count}`, { receipt: `r${count}` });
    }
  } else if (text === 'utf8') send('h\u00e9llo\u20ac');
  else if (text === 'nul') send('a\0b');
  else if (text === 'inject') {
    try {
      send('sent', { k: 'a\nevil:1' });
    } catch {
      send('refused');
    }
  } else if (text.startsWith('text ')) send(readFileSync(text.slice(5), 'utf8'));
  else if (text.startsWith('bytes ')) {
    const binaryBody = new Uint8Array(readFileSync(text.slice(6)));
    client.publish({ destination: OUT, binaryBody });
  } else if (text === 'bye') void client.deactivate();
  else {
    const headers = Object.entries(message.headers).map(([name, value]) => [hex(name), hex(value)]);
    send(JSON.stringify({ body: body.toString('hex'), headers }));
  }
}

client.onConnect = () => client.subscribe(`${QUEUES}in`, obey, { ack: 'client' });
client.activate();
