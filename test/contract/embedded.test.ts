import { afterAll, beforeAll } from 'vitest';
import { Broker } from '../../src/broker/index.js';
import { contract } from './contract.js';

let broker: Broker;

beforeAll(async () => {
  broker = await Broker.start({ logins: { me: 'secret' } });
});

afterAll(() => broker.stop());

contract(() => ({ host: '127.0.0.1', port: broker.port, login: 'me', passcode: 'secret' }), {
  saysRedelivered: true,
  redelivers: true,
  oneAtATime: false,
  individualAcks: true,
  verbatimHeaders: true,
});
