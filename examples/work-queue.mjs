// Two workers share a queue of jobs. One loses its connection with a job in hand, and the job is done all the same.

import { connect } from 'stompwire';
import { Broker } from 'stompwire/broker';

const broker = await Broker.start();
const office = await connect(broker.url);

/** @type {Set<string>} */
const done = new Set();
/** @type {() => void} */
let allDone = () => {};
const finished = new Promise((resolve) => {
  allDone = () => resolve(undefined);
});

const careless = await connect(broker.url);
const first = careless.subscribe('/queue/jobs', { ack: 'client-individual', prefetch: 1 }, (message) => {
  console.log(`taken and dropped: ${message.text()}`); // prints: taken and dropped: sweep
  careless.destroy(); // without an acknowledgement the broker keeps the job
});
await first.ready;

await office.publish('/queue/jobs', 'sweep');
await careless.closed;
for (const job of ['wash', 'polish']) await office.publish('/queue/jobs', job);

const worker = await connect(broker.url);
worker.subscribe('/queue/jobs', { ack: 'client-individual', prefetch: 1 }, async (message) => {
  await message.ackConfirmed();
  done.add(message.text());
  if (done.size === 3) allDone();
});
await finished;
console.log([...done].sort().join(', ')); // prints: polish, sweep, wash

await worker.disconnect();
await office.disconnect();
await broker.stop();
