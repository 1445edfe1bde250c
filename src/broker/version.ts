/** The version of the package; a test compares it with package.json. */
export const VERSION = '0.1.0';

/** The `server` header of CONNECTED. */
export const SERVER = `stompwire-broker/${VERSION}`;

/** What this broker is. */
export const NOTICE =
  'The embedded broker is for tests and first steps: it keeps everything in memory. For production use ActiveMQ or RabbitMQ.';
