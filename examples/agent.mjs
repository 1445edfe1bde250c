// An agent and its caller, each on a connector that reads a client.cfg, as in an MCollective network.

import { readFileSync } from 'node:fs';
import { Broker } from 'stompwire/broker';
import { Connector, parseConfig } from 'stompwire/connector';

const broker = await Broker.start({ logins: { me: 'secret' } });
const text = readFileSync(new URL('client.cfg', import.meta.url), 'utf8');
const env = { STOMP_SERVER: '127.0.0.1', STOMP_PORT: String(broker.port) }; // they win over the file
const settings = parseConfig(text, { env });

const agent = new Connector(settings);
await agent.connect();
agent.subscribe('/topic/mcollective.discovery.command');

const caller = new Connector(settings);
await caller.connect();
caller.subscribe('/topic/mcollective.discovery.reply');

await broker.waitFor(({ command, headers }) => {
  return command === 'SUBSCRIBE' && headers.get('destination') === '/topic/mcollective.discovery.reply';
});
await caller.publish('/topic/mcollective.discovery.command', 'ping');

const request = await agent.receive();
console.log(`the agent got: ${request.payload}`); // prints: the agent got: ping
await agent.publish('/topic/mcollective.discovery.reply', 'pong');

const reply = await caller.receive();
console.log(`the caller got: ${reply.payload}`); // prints: the caller got: pong

await caller.disconnect();
await agent.disconnect();
await broker.stop();
