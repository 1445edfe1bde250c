// A pair of brokers with one store. The one in use is killed half-way; nothing that was confirmed is lost.

import { connect } from 'stompwire';
import { Broker, BrokerStore } from 'stompwire/broker';

const store = new BrokerStore();
const active = await Broker.start({ store });
const standby = await Broker.start({ store, standby: true }); // listens once the other has ended

const stomp = await connect(`failover:(${active.url},${standby.url})`);
const { endpoint } = stomp;

/** @type {Set<string>} */
const received = new Set(); // a message may come twice: what is counted is which ones came
/** @type {() => void} */
let allReceived = () => {};
const complete = new Promise((resolve) => {
  allReceived = () => resolve(undefined);
});
stomp.subscribe('/queue/events', { ack: 'client-individual' }, (message) => {
  received.add(message.text());
  message.ack();
  if (received.size === 1_000) allReceived();
});

/** @type {Promise<void>[]} */
const published = [];
for (let number = 0; number < 1_000; number++) {
  published.push(stomp.publish('/queue/events', String(number)));
  if (number === 500) await active.kill();
}
await Promise.all(published);
await complete;

console.log(`${received.size} of ${published.length}`); // prints: 1000 of 1000
console.log(stomp.endpoint !== endpoint); // prints: true
await stomp.disconnect();
await standby.stop();
