/**
 * The limits in Node: an empty reader and a writer of prebuilt bytes. They know no STOMP beyond what starts and ends
 * a run. `job.raw` is one of onread64k, onread256k, data, pub64k.
 */
import net from 'node:net';
import { makeBody } from '../bodies.mjs';

export async function open(port, job) {
  return job.mode === 'receive' ? openReader(port, job) : openWriter(port, job);
}

const READ_BYTES = { onread64k: 65_536, onread256k: 262_144 };

async function openReader(port, job) {
  const reader = { onBytes: () => {} };
  const size = READ_BYTES[job.raw];
  const options = { port, host: '127.0.0.1' };
  if (size) {
    const buffer = Buffer.allocUnsafeSlow(size);
    const callback = (length) => {
      reader.onBytes(length, buffer);
      return true;
    };
    options.onread = { buffer, callback };
  }
  const socket = net.connect(options);
  if (!size) socket.on('data', (chunk) => reader.onBytes(chunk.length, chunk));
  await new Promise((resolve) => {
    reader.onBytes = resolve;
    socket.write('CONNECT\n\n\0');
  });
  return {
    /** Calls `onWarm` and `onEnd` where the last warm and the last timed frame end: every frame is equally long. */
    readThrough(onWarm, onEnd) {
      let got = 0;
      let frame = 0;
      let mark = 0;
      reader.onBytes = (length, bytes) => {
        if (frame === 0) {
          frame = bytes.indexOf('\n\n') + 2 + job.size + 2;
          mark = frame * job.warm;
        }
        got += length;
        if (got < mark) return;
        if (mark === frame * job.warm) {
          mark = frame * (job.warm + job.count);
          onWarm();
        } else {
          mark = Number.POSITIVE_INFINITY;
          onEnd();
        }
      };
      socket.write('SUBSCRIBE\nid:0\ndestination:/queue/bench.messages\nack:auto\n\n\0');
    },
  };
}

const WRITE_BYTES = 65_536;

/** A buffer of 64 KiB that is a whole number of frames, or a part of one: written again and again it stays STOMP. */
function prebuild(size) {
  const writes = Math.max(1, Math.round(size / WRITE_BYTES));
  const headFor = (length) => `SEND\ndestination:/queue/bench.messages\ncontent-length:${length}\n\n`;
  const large = size >= WRITE_BYTES;
  const length = large ? writes * WRITE_BYTES - headFor(size).length - 1 : size;
  const frame = Buffer.from(`${headFor(length)}${makeBody('ascii', large ? 0 : length, 0)}\0`);
  const perWrite = large ? 1 / writes : Math.floor(WRITE_BYTES / frame.length);
  const bytes = Buffer.alloc(WRITE_BYTES, large ? 'x' : '\n');
  if (large) bytes.write(headFor(length), 'latin1');
  else for (let i = 0; i < perWrite; i++) frame.copy(bytes, i * frame.length);
  if (large) bytes[WRITE_BYTES - 1] = 0;
  return { bytes, perWrite };
}

async function openWriter(port, { size }) {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
  let onBytes;
  const answer = () =>
    new Promise((resolve) => {
      onBytes = resolve;
    });
  socket.on('data', () => onBytes());
  const connected = answer();
  socket.write('CONNECT\n\n\0');
  await connected;
  const { bytes, perWrite } = prebuild(size);
  return {
    /** Whole buffers, so up to one buffer more than was asked for. */
    async publishMany(_destination, count) {
      for (let left = Math.ceil(count / perWrite); left > 0; left--)
        if (!socket.write(bytes)) await new Promise((resolve) => socket.once('drain', resolve));
      const received = answer();
      socket.write('SEND\ndestination:/queue/bench.messages\nreceipt:last\n\n\0');
      await received;
    },
  };
}
