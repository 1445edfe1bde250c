import StompClient from 'stomp-client';
import { room } from './socket.mjs';

export async function open(port) {
  const client = new StompClient({ address: '127.0.0.1', port, user: 'bench', pass: 'bench' });
  await new Promise((resolve, reject) => client.connect(resolve, reject));
  const waiting = new Map();
  let receipts = 0;
  // It knows no receipts by itself: this listens where it hands out its frames.
  client._stompFrameEmitter.on('RECEIPT', ({ headers }) => {
    const done = waiting.get(headers['receipt-id']);
    waiting.delete(headers['receipt-id']);
    done?.();
  });
  return {
    subscribe(destinations, onMessage) {
      for (const destination of destinations)
        client.subscribe(destination, { ack: 'auto' }, (body, headers) =>
          onMessage(headers['message-id'], body, headers.destination, destination),
        );
    },
    send(destination, body) {
      client.publish(destination, body);
    },
    room: () => room(client.stream),
    confirm(destination, body, done) {
      const receipt = `r${receipts++}`;
      waiting.set(receipt, done);
      client.publish(destination, body, { receipt });
    },
  };
}
