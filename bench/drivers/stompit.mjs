import stompit from 'stompit';
import IncomingFrameStream from 'stompit/lib/IncomingFrameStream.js';

/** Reads a frame's body as Buffers; `done` gets it whole. */
function readBody(frame, done) {
  let body;
  frame.on('readable', () => {
    for (let part = frame.read(); part !== null; part = frame.read())
      body = body === undefined ? part : Buffer.concat([body, part]);
  });
  frame.on('end', () => done(body));
}

/** The parts are joined once, at the end: a large body comes in many. */
function readLargeBody(frame, done) {
  const parts = [];
  frame.on('readable', () => {
    for (let part = frame.read(); part !== null; part = frame.read()) parts.push(part);
  });
  frame.on('end', () => done(parts.length === 1 ? parts[0] : Buffer.concat(parts)));
}

export async function open(port, job) {
  const client = await new Promise((resolve, reject) =>
    stompit.connect(
      { host: '127.0.0.1', port, connectHeaders: { host: '/', login: 'bench', passcode: 'bench' } },
      (error, it) => (error ? reject(error) : resolve(it)),
    ),
  );
  const read = job.size > 4096 ? readLargeBody : readBody;
  let last;
  return {
    subscribe(destinations, onMessage) {
      for (const destination of destinations)
        client.subscribe({ destination, ack: 'auto' }, (error, message) => {
          if (error) throw error;
          const { headers } = message;
          read(message, (body) => onMessage(headers['message-id'], body, headers.destination, destination));
        });
    },
    send(destination, body) {
      last = client.send(headersFor(destination, body));
      last.end(body);
    },
    /** Frames leave one after the other: when the last has gone, all have. */
    room() {
      if (last.writableFinished) return new Promise(setImmediate);
      return new Promise((resolve) => last.once('finish', resolve));
    },
    confirm(destination, body, done) {
      client.send(headersFor(destination, body), { onReceipt: done }).end(body);
    },
  };
}

/** It writes no content-length by itself; a Buffer may hold a NUL. */
function headersFor(destination, body) {
  return typeof body === 'string' ? { destination } : { destination, 'content-length': body.length };
}

export function parser(onFrame) {
  const incoming = new IncomingFrameStream();
  let reading = false;
  const readOne = () => {
    if (reading) return;
    const frame = incoming.read();
    if (frame === null) return;
    reading = true;
    readBody(frame, (body) => {
      reading = false;
      onFrame(frame.headers['message-id'], body);
      process.nextTick(readOne);
    });
  };
  incoming.on('readable', readOne);
  return (chunk) => new Promise((resolve) => incoming.write(chunk, resolve));
}
