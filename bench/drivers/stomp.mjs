import { Stomp } from 'stomp';
import { room } from './socket.mjs';

export async function open(port) {
  const client = new Stomp({ host: '127.0.0.1', port, debug: false, login: 'bench', passcode: 'bench' });
  await new Promise((resolve) => {
    client.on('connected', resolve);
    client.connect();
  });
  const waiting = new Map();
  let receipts = 0;
  client.on('receipt', (id) => {
    const done = waiting.get(id);
    waiting.delete(id);
    done?.();
  });
  return {
    subscribe(destinations, onMessage) {
      for (const destination of destinations)
        client.subscribe({ destination, ack: 'auto' }, (body, headers) =>
          onMessage(headers['message-id'], whole(body), headers.destination, destination),
        );
    },
    send(destination, body) {
      client.send({ destination, body });
    },
    room: () => room(client.socket),
    confirm(destination, body, done) {
      const receipt = `r${receipts++}`;
      waiting.set(receipt, done);
      client.send({ destination, body, receipt });
    },
  };
}

/** It cuts bodies at blank lines and hands out the pieces. */
function whole(pieces) {
  return pieces.length === 1 ? pieces[0] : pieces.join('\n\n');
}
