import { afterAll, beforeAll } from 'vitest';
import { contract, type Dialect } from '../../contract/contract.js';
import {
  type Broker,
  type BrokerKind,
  describeWith,
  startActiveMQ,
  startRabbitMQ,
  startStompserver,
} from '../rig/index.js';

function holds(kind: BrokerKind, start: () => Promise<Broker>, dialect: Dialect): void {
  describeWith(kind, `the contract on ${kind}`, () => {
    let broker: Broker;
    beforeAll(async () => {
      broker = await start();
    });
    afterAll(() => broker?.stop());
    contract(
      () => ({ host: '127.0.0.1', port: broker.port, login: broker.login, passcode: broker.passcode }),
      dialect,
    );
  });
}

holds('activemq', startActiveMQ, {
  saysRedelivered: true,
  redelivers: true,
  oneAtATime: false,
  individualAcks: true,
  verbatimHeaders: true,
  refusedSubscribe: { destination: '/queue/refused', headers: { selector: 'this is ( no selector' } },
});

holds('rabbitmq', startRabbitMQ, {
  saysRedelivered: true,
  redelivers: true,
  oneAtATime: false,
  individualAcks: true,
  verbatimHeaders: false, // it escapes, even in 1.0
  refusedSubscribe: { destination: '/exchange/there-is-no-such-exchange/key' },
});

holds('stompserver', () => startStompserver({ auth: true }), {
  saysRedelivered: false,
  redelivers: false, // it takes messages back, and then fails on the next SUBSCRIBE
  oneAtATime: true,
  individualAcks: false,
  verbatimHeaders: false, // it reads a name up to the last colon of the first word
});
