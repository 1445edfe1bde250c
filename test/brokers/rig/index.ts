export {
  type ActiveMQNetwork,
  type ActiveMQOptions,
  type ActiveMQPair,
  startActiveMQ,
  startActiveMQNetwork,
  startActiveMQPair,
} from './activemq.js';
export {
  type Availability,
  availability,
  type BrokerKind,
  brokersRequired,
  describeWith,
  type Needed,
} from './availability.js';
export { type Broker, certificate, type TlsOptions } from './broker.js';
export { freePort } from './ports.js';
export { isAlive, leftovers, makeDirectory, removeDirectory, waitUntil } from './process.js';
export {
  type RabbitCluster,
  type RabbitMQBroker,
  type RabbitMQOptions,
  startRabbitCluster,
  startRabbitMQ,
} from './rabbitmq.js';
export { type RawFrame, type RawOptions, RawStomp } from './raw.js';
export { type StompserverOptions, startStompserver } from './stompserver.js';
