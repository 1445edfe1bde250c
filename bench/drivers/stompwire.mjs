import { FrameParser } from '../../dist/frame/index.js';
import { connect } from '../../dist/index.js';

export async function open(port, { persistent, verify } = {}) {
  const options = persistent === undefined ? undefined : { persistent };
  const stomp = await connect(`stomp://bench:bench@127.0.0.1:${port}`);
  return {
    subscribe(destinations, onMessage) {
      for (const destination of destinations)
        stomp.subscribe(
          destination,
          { ack: 'auto' },
          destinations.length === 1 || !verify
            ? ({ headers, body }) => onMessage(headers.get('message-id'), body)
            : ({ headers, body }) =>
                onMessage(headers.get('message-id'), body, headers.get('destination'), destination),
        );
    },
    async publishMany(destination, count, body) {
      for (let left = count - 1; left > 0; left--) if (!stomp.send(destination, body)) await stomp.drain();
      await stomp.publish(destination, body);
    },
    async confirmMany(count, destination, body, window) {
      let sent = 0;
      const worker = async () => {
        while (sent < count) {
          sent++;
          await stomp.publish(destination, body, options);
        }
      };
      await Promise.all(Array.from({ length: window }, worker));
    },
  };
}

export function parser(onFrame) {
  const frames = new FrameParser(({ headers, body }) => onFrame(headers.get('message-id'), body), {
    bodyViews: true,
  });
  return (chunk) => frames.push(chunk);
}
