import { Broker, BrokerStore } from '../../broker/index.js';
import type { Settings } from '../../connector/settings.js';
import type { Passcode } from '../../transport/secret.js';

/** Two brokers on one store, as an ActiveMQ pair: the second listens once the first is dead. */
export interface BrokerPair {
  readonly active: Broker;
  readonly standby: Broker;
  /** The settings with the ports of the two. */
  readonly settings: Settings;
  stop(): Promise<void>;
}

/** Starts them for the first two hosts of the settings; they take the logins that stand there. */
export async function startPair(settings: Settings): Promise<BrokerPair> {
  const hosts = settings.connect.hosts.slice(0, 2);
  const store = new BrokerStore();
  const logins = new Map<string, string>();
  for (const { login, passcode } of hosts) if (login !== undefined) logins.set(login, reveal(passcode));
  const options = { store, ...(logins.size > 0 && { logins }) };
  const active = await Broker.start({ ...options, name: 'first' });
  const standby = await Broker.start({ ...options, name: 'second', standby: true });
  const ports = [active.port, standby.port];
  const moved = hosts.map((host, i) => ({ ...host, host: '127.0.0.1', port: ports[i], tls: false }));
  return {
    active,
    standby,
    settings: { ...settings, connect: { ...settings.connect, hosts: moved } },
    stop: async () => {
      // The standby first: it would take the place of the other.
      await standby.stop();
      await active.stop();
    },
  };
}

function reveal(passcode: Passcode | undefined): string {
  if (passcode === undefined || typeof passcode === 'function') return '';
  return typeof passcode === 'string' ? passcode : passcode.reveal();
}
