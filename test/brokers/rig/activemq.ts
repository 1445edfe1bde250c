import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ACTIVEMQ_HOME } from './availability.js';
import {
  type Broker,
  bringUp,
  ChildBroker,
  type CommonOptions,
  certificate,
  HOST,
  newHome,
  type TlsOptions,
} from './broker.js';
import { freePort } from './ports.js';
import { makeDirectory, removeDirectory, waitUntil } from './process.js';

export interface ActiveMQOptions extends CommonOptions {
  readonly tls?: boolean | TlsOptions;
  /** The one user. Default me / secret. */
  readonly login?: string;
  readonly passcode?: string;
  /** False lets anybody in. Default true. */
  readonly auth?: boolean;
  /** A directory for the message store that several brokers share: only one of them is active at a time. */
  readonly sharedStore?: string;
  /** Size of the store, such as `40 mb`; when it is full, senders are blocked. */
  readonly storeLimit?: string;
  /** The largest frame and body the STOMP connectors take, in bytes. The default of ActiveMQ is 100 MiB. */
  readonly maxFrameSize?: number;
  /** Everything that goes to a queue `/queue/NAME` goes to `/topic/mirror.NAME` as well. Default false. */
  readonly mirrorQueues?: boolean;
  /** Makes it one broker of a network. */
  readonly network?: Network;
  /** Java heap, such as `512M`. Default `256M`. */
  readonly heap?: string;
}

/** A broker's place among others: each passes on what the consumers of another one ask for. */
export interface Network {
  /** Where it listens for the other brokers. */
  readonly port: number;
  /** Where it calls another one; the connection works both ways. */
  readonly to?: number | undefined;
}

/** What ActiveMQ needs opened on Java 17. */
const OPENED_PACKAGES = [
  'java.base/java.lang',
  'java.base/java.net',
  'java.base/java.security',
  'java.base/java.util',
  'java.base/java.util.concurrent',
  'java.base/java.util.concurrent.atomic',
  'java.naming/javax.naming.spi',
  'java.rmi/sun.rmi.transport.tcp',
];

function xml(value: string): string {
  return value.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function brokerXml(
  options: ActiveMQOptions,
  directory: string,
  port: number,
  tlsPort: number | undefined,
): string {
  const { login = 'me', passcode = 'secret', auth = true, storeLimit, maxFrameSize } = options;
  const tls: TlsOptions = typeof options.tls === 'object' ? options.tls : {};
  const store = options.sharedStore ?? join(directory, 'store');
  const frame =
    maxFrameSize === undefined
      ? ''
      : `wireFormat.maxFrameSize=${maxFrameSize}&amp;wireFormat.maxDataLength=${maxFrameSize}`;

  const { network } = options;
  const bridge =
    network?.to === undefined
      ? ''
      : `<networkConnectors>
      <networkConnector name="bridge" uri="static:(tcp://${HOST}:${network.to})"
        duplex="true" networkTTL="2" decreaseNetworkConsumerPriority="true"
        userName="${xml(login)}" password="${xml(passcode)}"/>
    </networkConnectors>`;
  // A message may go back over the bridge it came by, when its consumers have moved there.
  const replay = network
    ? `<networkBridgeFilterFactory>
          <conditionalNetworkBridgeFilterFactory replayWhenNoConsumers="true"/>
        </networkBridgeFilterFactory>`
    : '';
  const plugins = auth
    ? `<plugins><simpleAuthenticationPlugin anonymousAccessAllowed="false"><users>
         <authenticationUser username="${xml(login)}" password="${xml(passcode)}" groups="users,admins"/>
       </users></simpleAuthenticationPlugin></plugins>`
    : '';
  const usage = storeLimit
    ? `<systemUsage><systemUsage>
         <memoryUsage><memoryUsage limit="64 mb"/></memoryUsage>
         <storeUsage><storeUsage limit="${xml(storeLimit)}"/></storeUsage>
       </systemUsage></systemUsage>`
    : '';
  const mirror = options.mirrorQueues
    ? '<destinationInterceptors><mirroredQueue copyMessage="true" prefix="mirror." postfix=""/></destinationInterceptors>'
    : '';
  const keys = xml(certificate(`${tls.certificate ?? 'server'}.p12`));
  const ssl = `<sslContext><sslContext
      keyStore="file:${keys}" keyStorePassword="changeit" keyStoreType="PKCS12"
      trustStore="file:${xml(certificate('trust.p12'))}" trustStorePassword="changeit" trustStoreType="PKCS12"/></sslContext>`;
  const tlsQuery = [
    'transport.enabledProtocols=TLSv1.2,TLSv1.3',
    tls.requireClientCertificate ? 'transport.needClientAuth=true' : '',
    frame,
  ].filter((part) => part !== '');
  // Without it, Nagle's algorithm holds back each RECEIPT that follows a MESSAGE: a consumer that waits for one
  // receipt after the other is then five times slower.
  const connectors = [
    `<transportConnector name="stomp" uri="stomp://${HOST}:${port}?transport.tcpNoDelay=true${frame && `&amp;${frame}`}"/>`,
  ];
  if (network) connectors.push(`<transportConnector name="openwire" uri="tcp://${HOST}:${network.port}"/>`);
  if (tlsPort !== undefined) {
    connectors.push(
      `<transportConnector name="stomp-tls" uri="stomp+ssl://${HOST}:${tlsPort}?${tlsQuery.join('&amp;')}"/>`,
    );
  }

  return `<beans xmlns="http://www.springframework.org/schema/beans"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:schemaLocation="http://www.springframework.org/schema/beans http://www.springframework.org/schema/beans/spring-beans-2.0.xsd
    http://activemq.apache.org/schema/core http://activemq.apache.org/schema/core/activemq-core.xsd">
  <broker xmlns="http://activemq.apache.org/schema/core" brokerName="rig${port}" dataDirectory="${xml(directory)}"
      useJmx="false" schedulerSupport="false" useShutdownHook="true">
    ${mirror}
    <destinationPolicy><policyMap><policyEntries>
      <policyEntry queue="&gt;" prioritizedMessages="true" useCache="false" expireMessagesPeriod="0">
        ${replay}
      </policyEntry>
      <policyEntry topic="&gt;" producerFlowControl="false"/>
    </policyEntries></policyMap></destinationPolicy>
    ${bridge}
    <persistenceAdapter>
      <kahaDB directory="${xml(store)}" lockKeepAlivePeriod="1000">
        <locker><shared-file-locker lockAcquireSleepInterval="200"/></locker>
      </kahaDB>
    </persistenceAdapter>
    ${plugins}
    ${usage}
    ${tlsPort === undefined ? '' : ssl}
    <transportConnectors>${connectors.join('\n')}</transportConnectors>
  </broker>
</beans>
`;
}

async function make(options: ActiveMQOptions): Promise<ChildBroker> {
  const { directory, mark } = newHome('activemq');
  const port = await freePort();
  const tlsPort = options.tls ? await freePort() : undefined;
  const conf = join(directory, 'conf');
  const tmp = join(directory, 'tmp');
  const brokerLog = join(directory, 'broker.log');
  mkdirSync(conf);
  mkdirSync(tmp);
  writeFileSync(join(conf, 'activemq.xml'), brokerXml(options, directory, port, tlsPort));
  // Debian links slf4j to log4j 1.2, so that is the one to configure.
  writeFileSync(
    join(conf, 'log4j.properties'),
    `log4j.rootLogger=INFO, file
log4j.appender.file=org.apache.log4j.FileAppender
log4j.appender.file.File=${brokerLog}
log4j.appender.file.layout=org.apache.log4j.PatternLayout
log4j.appender.file.layout.ConversionPattern=%d %p %m%n
`,
  );
  return new ChildBroker({
    kind: 'activemq',
    name: 'ActiveMQ',
    port,
    tlsPort,
    login: options.login ?? 'me',
    passcode: options.passcode ?? 'secret',
    directory,
    mark,
    logs: [brokerLog],
    readyTimeoutMs: options.readyTimeoutMs,
    launch: {
      command: 'java',
      args: [
        '-Xms64M',
        `-Xmx${options.heap ?? '256M'}`,
        '-XX:+UseSerialGC',
        '-XX:-UsePerfData',
        '--add-reads=java.xml=java.logging',
        ...OPENED_PACKAGES.map((name) => `--add-opens=${name}=ALL-UNNAMED`),
        `-Dactivemq.home=${ACTIVEMQ_HOME}`,
        `-Dactivemq.base=${directory}`,
        `-Dactivemq.conf=${conf}`,
        `-Dactivemq.data=${directory}`,
        `-Dactivemq.classpath=${conf}`,
        `-Djava.io.tmpdir=${tmp}`,
        `-Dlog4j.configuration=file:${join(conf, 'log4j.properties')}`,
        '-jar',
        join(ACTIVEMQ_HOME, 'bin/activemq.jar'),
        'start',
        'xbean:activemq.xml',
      ],
    },
  });
}

export function startActiveMQ(options: ActiveMQOptions = {}): Promise<Broker> {
  return bringUp(() => make(options), options);
}

export interface ActiveMQPair {
  /** The broker that holds the store. */
  readonly first: Broker;
  /** The one that waits for it. Its port is closed until the first one ends. */
  readonly second: Broker;
  readonly brokers: readonly [Broker, Broker];
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Two brokers on one message store. */
export async function startActiveMQPair(
  options: Omit<ActiveMQOptions, 'sharedStore' | 'waitReady'> = {},
): Promise<ActiveMQPair> {
  const sharedStore = makeDirectory('store');
  const started: Broker[] = [];
  const stop = async (): Promise<void> => {
    // The waiting broker first, or it would take over.
    for (const broker of [...started].reverse()) await broker.stop();
    removeDirectory(sharedStore);
  };
  try {
    const first = await startActiveMQ({ ...options, sharedStore });
    started.push(first);
    const second = await startActiveMQ({ ...options, sharedStore, waitReady: false });
    started.push(second);
    const waiting = (): boolean => second.log(200).includes('waiting a lock to be acquired');
    if (!(await waitUntil(() => waiting() || !second.isAlive(), 30_000)) || !second.isAlive()) {
      throw new Error(`the second ActiveMQ does not wait for the store\n${second.log()}`);
    }
    return { first, second, brokers: [first, second], stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

export interface ActiveMQNetwork {
  readonly brokers: readonly [Broker, Broker];
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Two brokers with a store each and a bridge between them, which the second one builds. */
export async function startActiveMQNetwork(
  options: Omit<ActiveMQOptions, 'sharedStore' | 'waitReady' | 'network'> = {},
): Promise<ActiveMQNetwork> {
  const started: Broker[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((broker) => broker.stop()));
  };
  try {
    const [port, other] = [await freePort(), await freePort()];
    const first = await startActiveMQ({ ...options, network: { port } });
    started.push(first);
    const second = await startActiveMQ({ ...options, network: { port: other, to: port } });
    started.push(second);
    const bridged = (): boolean =>
      /Network connection between .* has been established/.test(second.log(1_000));
    if (!(await waitUntil(bridged, 30_000))) {
      throw new Error(`the second ActiveMQ builds no bridge\n${second.log()}`);
    }
    return { brokers: [first, second], stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
