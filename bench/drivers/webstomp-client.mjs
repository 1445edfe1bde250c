import { StringDecoder } from 'node:string_decoder';
import webstomp from 'webstomp-client';
import { room, SocketAsWebSocket } from './socket.mjs';

export async function open(port) {
  const decoder = new StringDecoder('utf8');
  const adapter = new SocketAsWebSocket(port, (chunk) => decoder.write(chunk));
  const client = webstomp.over(adapter, { debug: false, heartbeat: false, protocols: ['v10.stomp'] });
  await new Promise((resolve) => client.connect({ login: 'bench', passcode: 'bench' }, resolve));
  client.maxWebSocketFrameSize = Number.POSITIVE_INFINITY;
  const waiting = new Map();
  let receipts = 0;
  client.onreceipt = ({ headers }) => {
    const done = waiting.get(headers['receipt-id']);
    waiting.delete(headers['receipt-id']);
    done?.();
  };
  return {
    subscribe(destinations, onMessage) {
      for (const destination of destinations)
        client.subscribe(destination, ({ headers, body }) =>
          onMessage(headers['message-id'], body, headers.destination, destination),
        );
    },
    send(destination, body) {
      client.send(destination, body);
    },
    room: () => room(adapter.socket),
    confirm(destination, body, done) {
      const receipt = `r${receipts++}`;
      waiting.set(receipt, done);
      client.send(destination, body, { receipt });
    },
  };
}
