import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { rabbitmqScripts } from './availability.js';
import {
  assertInstalled,
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
import {
  type Daemon,
  end,
  endMarked,
  makeDirectory,
  newMark,
  removeDirectory,
  startDaemon,
  tail,
} from './process.js';

export interface RabbitMQOptions extends CommonOptions {
  readonly tls?: boolean | TlsOptions;
  /** The user that is returned; guest / guest and me / secret always exist. Default guest / guest. */
  readonly login?: string;
  readonly passcode?: string;
  /** More lines for rabbitmq.conf. */
  readonly config?: readonly string[];
  /** Add the virtual host /mcollective with its exchanges and the user mcollective / secret. */
  readonly mcollective?: boolean;
}

export interface RabbitMQBroker extends Broker {
  readonly nodeName: string;
  /** Runs rabbitmqctl on this node (a second or two each) and gives what it prints. */
  ctl(...args: string[]): Promise<string>;
}

/** What the nodes of a cluster share: the Erlang port mapper and the cookie. */
interface Realm {
  readonly epmdPort: number;
  readonly home: string;
  stop(): Promise<void>;
}

const COOKIE = 'STOMPWIRETESTS';

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function startRealm(): Promise<Realm> {
  assertInstalled('rabbitmq');
  const home = makeDirectory('erlang');
  const mark = newMark();
  const cookie = join(home, '.erlang.cookie');
  writeFileSync(cookie, COOKIE);
  chmodSync(cookie, 0o400);
  const epmdPort = await freePort();
  const logFile = join(home, 'epmd.log');
  const epmd: Daemon = startDaemon({
    command: 'epmd',
    args: ['-address', HOST, '-port', String(epmdPort)],
    cwd: home,
    logFile,
    mark,
  });
  const stop = async (): Promise<void> => {
    await end(epmd.pid, 'SIGTERM', 2_000);
    await endMarked(mark);
    removeDirectory(home);
  };
  const deadline = Date.now() + 10_000;
  while (!(await accepts(epmdPort))) {
    const ended = epmd.ended();
    if (ended !== undefined || Date.now() > deadline) {
      const log = tail([logFile]);
      await stop();
      throw new Error(`epmd ${ended ?? `does not listen on port ${epmdPort}`}\n${log}`);
    }
    await sleep(20);
  }
  return { epmdPort, home, stop };
}

function definitions(options: RabbitMQOptions): string {
  const users = new Map([
    ['guest', 'guest'],
    ['me', 'secret'],
  ]);
  if (options.login !== undefined) users.set(options.login, options.passcode ?? '');
  const hosts = ['/'];
  const exchanges: object[] = [];
  if (options.mcollective) {
    hosts.push('/mcollective');
    users.set('mcollective', 'secret');
    const kinds = {
      mcollective_broadcast: 'topic',
      mcollective_directed: 'direct',
      // MCollective is content with a direct one. In this one, others can listen to all replies.
      mcollective_reply: 'topic',
    };
    for (const [name, type] of Object.entries(kinds)) {
      const vhost = '/mcollective';
      exchanges.push({
        name,
        vhost,
        type,
        durable: true,
        auto_delete: false,
        internal: false,
        arguments: {},
      });
    }
  }
  return JSON.stringify({
    vhosts: hosts.map((name) => ({ name })),
    users: [...users].map(([name, password]) => ({
      name,
      password,
      tags: name === 'guest' ? 'administrator' : '',
    })),
    permissions: hosts.flatMap((vhost) =>
      [...users.keys()].map((user) => ({ user, vhost, configure: '.*', write: '.*', read: '.*' })),
    ),
    exchanges,
  });
}

class RabbitMQNode extends ChildBroker implements RabbitMQBroker {
  readonly nodeName: string;
  readonly #scripts: string;
  readonly #env: Readonly<Record<string, string>>;

  constructor(parts: ConstructorParameters<typeof ChildBroker>[0], nodeName: string, scripts: string) {
    super(parts);
    this.nodeName = nodeName;
    this.#scripts = scripts;
    this.#env = parts.launch.env ?? {};
  }

  async ctl(...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(join(this.#scripts, 'rabbitmqctl'), ['-q', ...args], {
      cwd: this.directory,
      env: { PATH: process.env['PATH'], LANG: 'C.UTF-8', ...this.#env },
      timeout: 60_000,
      killSignal: 'SIGKILL',
      maxBuffer: 16 * 1024 * 1024,
    });
    return stdout;
  }
}

interface NodeOptions extends RabbitMQOptions {
  readonly nodeName: string;
  /** All nodes of the cluster. */
  readonly members?: readonly string[];
  /** Whether this node brings the users; in a cluster only the first one does. */
  readonly first: boolean;
}

async function makeNode(
  realm: Realm,
  options: NodeOptions,
  cleanUp?: () => Promise<void>,
): Promise<RabbitMQNode> {
  const scripts = rabbitmqScripts()?.directory ?? '';
  const { directory, mark } = newHome('rabbitmq');
  const { nodeName, members = [] } = options;
  const tls: TlsOptions = typeof options.tls === 'object' ? options.tls : {};
  const port = await freePort();
  const tlsPort = options.tls ? await freePort() : undefined;
  const amqpPort = await freePort();
  const distributionPort = await freePort();
  const ctlPort = await freePort();
  const logs = join(directory, 'log');
  const brokerLog = join(logs, 'node.log');
  mkdirSync(logs);

  const config = [
    `listeners.tcp.1 = ${HOST}:${amqpPort}`,
    `stomp.listeners.tcp.1 = ${HOST}:${port}`,
    'loopback_users = none',
    'log.console = false',
    'log.file = node.log',
    'log.file.level = info',
    'disk_free_limit.absolute = 50MB',
  ];
  if (tlsPort !== undefined) {
    const name = tls.certificate ?? 'server';
    config.push(
      `stomp.listeners.ssl.1 = ${HOST}:${tlsPort}`,
      `ssl_options.cacertfile = ${certificate('ca.pem')}`,
      `ssl_options.certfile = ${certificate(`${name}.pem`)}`,
      `ssl_options.keyfile = ${certificate(`${name}.key`)}`,
      'ssl_options.verify = verify_peer',
      `ssl_options.fail_if_no_peer_cert = ${tls.requireClientCertificate === true}`,
    );
  }
  if (options.first) {
    writeFileSync(join(directory, 'definitions.json'), definitions(options));
    config.push(`load_definitions = ${join(directory, 'definitions.json')}`);
  }
  if (members.length > 0) {
    config.push('cluster_formation.peer_discovery_backend = classic_config');
    members.forEach((member, index) => {
      config.push(`cluster_formation.classic_config.nodes.${index + 1} = ${member}`);
    });
  }
  writeFileSync(join(directory, 'rabbitmq.conf'), `${[...config, ...(options.config ?? [])].join('\n')}\n`);
  writeFileSync(join(directory, 'enabled_plugins'), '[rabbitmq_stomp].\n');
  writeFileSync(join(directory, 'rabbitmq-env.conf'), '');

  const env = {
    HOME: realm.home,
    ERL_EPMD_ADDRESS: HOST,
    ERL_EPMD_PORT: String(realm.epmdPort),
    RABBITMQ_NODENAME: nodeName,
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_CTL_DIST_PORT_MIN: String(ctlPort),
    RABBITMQ_CTL_DIST_PORT_MAX: String(ctlPort + 20),
    RABBITMQ_MNESIA_BASE: join(directory, 'mnesia'),
    RABBITMQ_LOG_BASE: logs,
    RABBITMQ_PID_FILE: join(directory, 'pid'),
    RABBITMQ_CONFIG_FILE: join(directory, 'rabbitmq'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(directory, 'advanced'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(directory, 'enabled_plugins'),
    RABBITMQ_CONF_ENV_FILE: join(directory, 'rabbitmq-env.conf'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
      '-start_epmd false -kernel inet_dist_use_interface {127,0,0,1} +S 2:2',
    // Makes the start script become the Erlang machine instead of forking it, so that its pid is the one we have.
    RUNNING_UNDER_SYSTEMD: 'true',
  };
  return new RabbitMQNode(
    {
      kind: 'rabbitmq',
      name: 'RabbitMQ',
      port,
      tlsPort,
      login: options.login ?? 'guest',
      passcode: options.passcode ?? (options.login === undefined ? 'guest' : ''),
      directory,
      mark,
      logs: [brokerLog],
      readyTimeoutMs: options.readyTimeoutMs ?? 90_000,
      launch: { command: join(scripts, 'rabbitmq-server'), args: [], env },
      ...(cleanUp ? { cleanUp } : {}),
    },
    nodeName,
    scripts,
  );
}

export function startRabbitMQ(options: RabbitMQOptions = {}): Promise<RabbitMQBroker> {
  return bringUp(async () => {
    const realm = await startRealm();
    try {
      return await makeNode(realm, { ...options, nodeName: 'rig@localhost', first: true }, realm.stop);
    } catch (error) {
      await realm.stop();
      throw error;
    }
  }, options);
}

export interface RabbitCluster {
  readonly nodes: readonly RabbitMQBroker[];
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A cluster of `size` nodes which all know each other. */
export async function startRabbitCluster(
  size = 3,
  options: Omit<RabbitMQOptions, 'waitReady'> = {},
): Promise<RabbitCluster> {
  const realm = await startRealm();
  const nodes: RabbitMQNode[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()));
    await realm.stop();
  };
  try {
    const members = Array.from({ length: size }, (_, index) => `rig${index + 1}@localhost`);
    for (const nodeName of members) {
      nodes.push(await makeNode(realm, { ...options, nodeName, members, first: nodeName === members[0] }));
    }
    // The first one forms the cluster, the others find it when they boot.
    const [first, ...others] = nodes;
    await first?.start();
    for (const node of others) node.launch();
    await Promise.all(others.map((node) => node.waitReady()));
    const status = JSON.parse((await first?.ctl('cluster_status', '--formatter', 'json')) ?? '{}');
    if (status.running_nodes?.length !== size) {
      throw new Error(
        `the cluster has the nodes ${JSON.stringify(status.running_nodes)} and not ${size}\n${first?.log()}`,
      );
    }
    return { nodes, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
