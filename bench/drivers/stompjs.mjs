import { Client, Versions } from '@stomp/stompjs';
import { room, SocketAsWebSocket } from './socket.mjs';

export async function open(port) {
  let adapter;
  const client = new Client({
    webSocketFactory: () => {
      adapter = new SocketAsWebSocket(port, (chunk) => chunk);
      return adapter;
    },
    connectHeaders: { login: 'bench', passcode: 'bench' },
    stompVersions: new Versions(['1.0']),
    heartbeatIncoming: 0,
    heartbeatOutgoing: 0,
    reconnectDelay: 0,
  });
  await new Promise((resolve) => {
    client.onConnect = resolve;
    client.activate();
  });
  let receipts = 0;
  const publish = (destination, body, headers) =>
    client.publish(
      typeof body === 'string' ? { destination, body, headers } : { destination, binaryBody: body, headers },
    );
  return {
    subscribe(destinations, onMessage) {
      for (const destination of destinations)
        client.subscribe(destination, ({ headers, binaryBody }) =>
          onMessage(headers['message-id'], binaryBody, headers.destination, destination),
        );
    },
    send: (destination, body) => publish(destination, body),
    room: () => room(adapter.socket),
    confirm(destination, body, done) {
      const receipt = `r${receipts++}`;
      client.watchForReceipt(receipt, done);
      publish(destination, body, { receipt });
    },
  };
}
