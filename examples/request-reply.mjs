// A question and its answer: the question names the queue that it wants its answer on.

import { randomUUID } from 'node:crypto';
import { connect } from 'stompwire';
import { Broker } from 'stompwire/broker';

const broker = await Broker.start();

const server = await connect(broker.url);
const questions = server.subscribe('/queue/square', {}, async (message) => {
  const replyTo = message.headers.get('reply-to');
  if (replyTo === undefined) return;
  const headers = { 'correlation-id': message.headers.get('correlation-id') ?? '' };
  await server.publish(replyTo, String(Number(message.text()) ** 2), { headers });
});
await questions.ready;

const client = await connect(broker.url);
const replies = `/queue/replies-${randomUUID()}`;
/** @type {Map<string, (answer: string) => void>} */
const waiting = new Map();
client.subscribe(replies, {}, (message) => {
  const id = message.headers.get('correlation-id') ?? '';
  waiting.get(id)?.(message.text());
  waiting.delete(id);
});

/**
 * @param {number} number
 * @returns {Promise<string>}
 */
async function square(number) {
  const id = randomUUID();
  const answer = new Promise((resolve) => waiting.set(id, resolve));
  await client.publish('/queue/square', String(number), {
    headers: { 'reply-to': replies, 'correlation-id': id },
  });
  return answer;
}

const answers = await Promise.all([2, 3, 12].map(square));
console.log(answers.join(' ')); // prints: 4 9 144

await client.disconnect();
await server.disconnect();
await broker.stop();
