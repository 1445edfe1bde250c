// An order becomes an invoice and a parcel: both or neither, and the order is acknowledged with them.

import { connect } from 'stompwire';
import { Broker } from 'stompwire/broker';

const broker = await Broker.start();
const stomp = await connect(broker.url);
await stomp.publish('/queue/orders', 'two chairs');
await stomp.publish('/queue/orders', 'no such thing');

const orders = stomp.subscribe('/queue/orders', { ack: 'client-individual' });
let left = 2;
for await (const order of orders) {
  try {
    await stomp.transaction(async (transaction) => {
      transaction.send('/queue/invoices', order.text());
      if (order.text() === 'no such thing') throw new Error('not in stock');
      transaction.send('/queue/parcels', order.text());
      transaction.ack(order);
    });
  } catch (error) {
    // prints: no such thing: not in stock
    console.log(`${order.text()}: ${error instanceof Error ? error.message : error}`);
    order.ack(); // a real program would put it aside
  }
  if (--left === 0) break;
}
await stomp.disconnect();

const { '/queue/invoices': invoices, '/queue/parcels': parcels } = broker.store.queues();
console.log(`${invoices?.waiting} invoice, ${parcels?.waiting} parcel`); // prints: 1 invoice, 1 parcel
await broker.stop();
