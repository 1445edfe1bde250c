import net from 'node:net';

/** Resolves when the socket takes more, and lets the event loop turn in any case. */
export function room(socket) {
  return new Promise((resolve) => {
    if (socket.writableNeedDrain) socket.once('drain', resolve);
    else setImmediate(resolve);
  });
}

/** A socket with the face of a WebSocket, for the clients that were written for browsers. */
export class SocketAsWebSocket {
  CONNECTING = 0;
  OPEN = 1;
  CLOSED = 3;
  readyState = 0;
  protocol = '';
  binaryType = 'arraybuffer';
  bufferedAmount = 0;

  /** @param {number} port @param {(chunk: Buffer) => unknown} toData what becomes of a chunk on its way to onmessage */
  constructor(port, toData) {
    this.url = `tcp://127.0.0.1:${port}`;
    this.socket = net.connect(port, '127.0.0.1', () => {
      this.readyState = this.OPEN;
      this.onopen?.({});
    });
    this.socket.on('data', (chunk) => this.onmessage({ data: toData(chunk) }));
    this.socket.on('close', () => {
      this.readyState = this.CLOSED;
      this.onclose?.({});
    });
  }

  send(data) {
    this.socket.write(data instanceof ArrayBuffer ? new Uint8Array(data) : data);
  }

  close() {
    this.socket.destroy();
  }
}
