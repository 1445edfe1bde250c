/** A pool on a pipe without a socket, whose other end is the caller: `push` and `onWrite`. */
export async function openPool(connect) {
  const wire = { writes: 0, sends: 0, onWrite: () => {}, push: undefined, stomp: undefined };
  const dial = (_endpoint, events) => {
    wire.push = (bytes) => events.onData(Buffer.from(bytes));
    queueMicrotask(() => events.onOpen());
    return {
      write(bytes, written) {
        wire.writes++;
        for (let at = bytes.indexOf('SEND\n'); at >= 0; at = bytes.indexOf('SEND\n', at + 5)) wire.sends++;
        wire.onWrite(bytes);
        setImmediate(() => written?.());
        return true;
      },
      pause() {},
      resume() {},
      end() {},
      destroy() {},
      ref() {},
      unref() {},
    };
  };
  wire.onWrite = () => setImmediate(wire.push, 'CONNECTED\nsession:1\n\n\0\n');
  const limits = { maxOutboxMessages: 1_000_000, maxOutboxBytes: 1_000_000_000 };
  wire.stomp = await connect({ hosts: [{ host: '127.0.0.1' }], ...limits, dial });
  wire.onWrite = () => {};
  return wire;
}
