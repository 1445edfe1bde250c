import { afterAll, expect, test } from 'vitest';
import { Connector, parseConfig, type Request } from '../../../src/connector/index.js';
import type { HeaderValue } from '../../../src/frame/index.js';
import { isWriting, Table } from '../../support/markdown-table.js';
import { type Broker, describeWith, startActiveMQ, startRabbitMQ, waitUntil } from '../rig/index.js';
import { Collective, mcollectiveVersion, type Passed, type Setup } from './mcollective.js';

/** Our connector among a real mcollectived and a real `mco`: docs/interop.md. */

const PINGS = 3;
const AGAIN = 3;

interface Place {
  readonly name: 'ActiveMQ' | 'RabbitMQ';
  readonly setup: Setup;
  /** Headers of our CONNECT. */
  readonly connectHeaders: Readonly<Record<string, string>>;
  /** Where requests of `mco ping` go. */
  readonly requests: string;
  /** Where one can listen to all replies. */
  readonly replies: string;
  /** Where replies to what we send ourselves are to go, and whether that has a SUBSCRIBE. */
  readonly own: { readonly destination: string; readonly implicit: boolean };
}

const ACTIVEMQ: Place = {
  name: 'ActiveMQ',
  setup: { connector: 'activemq', user: 'me', password: 'secret', lines: ['plugin.activemq.priority = 4'] },
  connectHeaders: {},
  requests: '/topic/mcollective.discovery.agent',
  replies: '/topic/mirror.mcollective.reply.>',
  own: { destination: '/queue/mcollective.reply.stompwire', implicit: false },
};

const RABBITMQ: Place = {
  name: 'RabbitMQ',
  setup: {
    connector: 'rabbitmq',
    user: 'mcollective',
    password: 'secret',
    lines: ['plugin.rabbitmq.vhost = /mcollective', 'plugin.rabbitmq.use_reply_exchange = true'],
  },
  connectHeaders: { host: '/mcollective' },
  requests: '/exchange/mcollective_broadcast/discovery',
  replies: '/exchange/mcollective_reply/#',
  own: { destination: '/temp-queue/mcollective_reply_discovery', implicit: true },
};

async function connectOurs({ setup, connectHeaders }: Place, port: number): Promise<Connector> {
  const settings = parseConfig(
    [
      'connector = stomp',
      'plugin.stomp.pool.size = 1',
      'plugin.stomp.pool.host1 = 127.0.0.1',
      `plugin.stomp.pool.port1 = ${port}`,
      `plugin.stomp.pool.user1 = ${setup.user}`,
      `plugin.stomp.pool.password1 = ${setup.password}`,
      '',
    ].join('\n'),
  );
  expect(settings.warnings).toEqual([]);
  const connector = new Connector(settings, { connectHeaders });
  await connector.connect();
  return connector;
}

/** Everything that a connector receives, in order. */
function gather(connector: Connector): Request[] {
  const heard: Request[] = [];
  const next = async (): Promise<void> => {
    for (;;) heard.push(await connector.receive());
  };
  void next().catch(() => undefined); // ends with the connector
  return heard;
}

const requestIdOf = (payload: Buffer): string | undefined =>
  /requestid[^0-9a-f]{1,8}([0-9a-f]{32})/.exec(payload.toString('latin1'))?.[1];
const sentBy = (passed: readonly Passed[], by: Passed['by']): Passed[] =>
  passed.filter((frame) => frame.command === 'SEND' && frame.by === by);
const hexOf = (payloads: readonly Buffer[]): string[] => payloads.map((payload) => payload.toString('hex'));
const bodies = (frames: readonly { readonly body: Buffer }[]): Buffer[] => frames.map(({ body }) => body);

/** What one `mco ping` says, without its times. */
const PONG = /^node1\.test\s+time=[\d.]+ ms$/m;

class Visit {
  readonly counts = new Map<string, string>();
  readonly #place: Place;
  readonly #collective: Collective;
  readonly #ours: Connector;
  readonly #heard: Request[];

  constructor(place: Place, collective: Collective, ours: Connector) {
    this.#place = place;
    this.#collective = collective;
    this.#ours = ours;
    this.#heard = gather(ours);
  }

  /** `mco ping`, while we listen to requests and replies. Gives the last request. */
  async listen(): Promise<Request> {
    const { requests, replies } = this.#place;
    await this.#ours.subscribe(requests).ready;
    await this.#ours.subscribe(replies).ready;
    let answered = 0;
    for (let ping = 1; ping <= PINGS; ping++) {
      const printed = await this.#collective.mco('ping', '-t', '2');
      console.log(`$ mco ping\n${printed.trim()}`);
      if (PONG.test(printed)) answered++;
    }
    this.#count('`mco ping` answered by mcollectived', answered, PINGS);
    const isHere = () => this.#heard.length >= 2 * PINGS;
    expect(await waitUntil(isHere, 10_000), 'all requests and replies were heard').toBe(true);

    const passed = this.#collective.passed();
    const ofMco = bodies(sentBy(passed, 'mco'));
    const ofDaemon = bodies(sentBy(passed, 'mcollectived'));
    const isReply = ({ payload }: Request) => payload.includes('pong');
    const heardRequests = this.#heard.filter((one) => !isReply(one));
    const heardReplies = this.#heard.filter(isReply);
    this.#same('requests of `mco`, heard by ours byte for byte', heardRequests, ofMco);
    this.#same('replies of mcollectived, heard by ours byte for byte', heardReplies, ofDaemon);
    expect(heardReplies.map(({ payload }) => requestIdOf(payload))).toEqual(
      heardRequests.map(({ payload }) => requestIdOf(payload)),
    );
    return heardRequests.at(-1)!;
  }

  /** The captured request once more, with our address for the reply. */
  async sendAgain(request: Request): Promise<void> {
    const { requests, own } = this.#place;
    const requestId = requestIdOf(request.payload);
    expect(requestId).toBeDefined();
    const { destination, implicit } = own;
    await this.#ours.subscribe(destination, { implicit, ...(implicit && { headers: { id: destination } }) })
      .ready;
    const headers: Record<string, HeaderValue> = {
      'reply-to': destination,
      mc_sender: 'client.test',
    };
    const before = sentBy(this.#collective.passed(), 'mcollectived').length;
    const from = this.#heard.length;
    for (let time = 1; time <= AGAIN; time++)
      await this.#ours.pool?.publish(requests, request.payload, { headers, persistent: false });
    const replies = () =>
      this.#heard
        .slice(from)
        .filter(({ payload, headers: got }) => isFor(destination, got) && payload.includes('pong'));
    await waitUntil(() => replies().length >= AGAIN, 15_000);

    const arrived = this.#collective
      .passed()
      .filter(
        ({ command, to, body }) =>
          command === 'MESSAGE' && to === 'mcollectived' && body.equals(request.payload),
      );
    // Once from mco itself, and then from us.
    expect(arrived).toHaveLength(1 + AGAIN);
    const answers = bodies(sentBy(this.#collective.passed(), 'mcollectived').slice(before));
    this.#same(
      'a captured request, sent again by ours and answered by mcollectived',
      replies(),
      answers,
      AGAIN,
    );
    for (const { payload } of replies()) expect(requestIdOf(payload)).toBe(requestId);
  }

  #same(what: string, heard: readonly Request[], sent: readonly Buffer[], of = PINGS): void {
    const payloads = hexOf(heard.map(({ payload }) => payload));
    expect(payloads, what).toEqual(hexOf(sent));
    this.#count(what, payloads.length, of);
  }

  #count(what: string, good: number, of: number): void {
    this.counts.set(what, `${good} of ${of}`);
    expect(good, what).toBe(of);
  }
}

/** A message for our own address, and not one that is only overheard. */
function isFor(destination: string, headers: Request['headers']): boolean {
  return headers.get('subscription') === destination || headers.get('destination') === destination;
}

const table = new Table('interop.md', 'mcollective', ['what']);
const versions: string[] = [];

async function visit(place: Place, start: () => Promise<Broker>): Promise<void> {
  await using broker = await start();
  await using collective = await Collective.start(broker, place.setup);
  await using ours = await connectOurs(place, broker.port);
  const version = mcollectiveVersion();
  const seen = new Visit(place, collective, ours);
  try {
    await seen.sendAgain(await seen.listen());
  } finally {
    console.log(`MCollective ${version} over ${place.name} ${broker.version}\n${collective.session()}`);
  }
  versions.push(`${place.name} ${broker.version}`);
  if (isWriting) for (const [what, count] of seen.counts) table.set(place.name, what, count);
  else expect(Object.fromEntries(table.column(place.name) ?? [])).toEqual(Object.fromEntries(seen.counts));
}

describeWith(['activemq', 'mcollective'], 'mcollectived and mco over ActiveMQ', () => {
  test('are heard byte for byte, and answer a request that our connector sends again', () =>
    visit(ACTIVEMQ, () => startActiveMQ({ mirrorQueues: true })));
});

describeWith(['rabbitmq', 'mcollective'], 'mcollectived and mco over RabbitMQ', () => {
  test('are heard byte for byte, and answer a request that our connector sends again', () =>
    visit(RABBITMQ, () => startRabbitMQ({ mcollective: true, login: 'mcollective', passcode: 'secret' })));
});

afterAll(() => {
  if (!isWriting) return;
  const rows = [...(table.column('ActiveMQ')?.keys() ?? [])].map((what) => [what]);
  table.write(
    rows,
    ['ActiveMQ', 'RabbitMQ'],
    `with MCollective ${mcollectiveVersion()}, ${versions.join(', ')}`,
  );
});
