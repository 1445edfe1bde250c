import { describe, expect, test } from 'vitest';
import { Broker } from '../../src/broker/index.js';
import { refusingBroker, run, runToEnd, temporaryFile } from './support.js';

const QUEUE = '/queue/cli';
const EMPTY = Buffer.alloc(0);

async function brokerWith(...bodies: Array<string | Buffer>): Promise<Broker> {
  const broker = await Broker.start();
  for (const body of bodies) broker.publish(QUEUE, body);
  return broker;
}

const listen = (broker: Broker, ...more: string[]) => ['listen', QUEUE, '--url', broker.url, ...more];
const waiting = (broker: Broker) => broker.store.peek(QUEUE).map(({ body }) => body.toString());

describe('prints', () => {
  test('bodies, each ended by a line feed', async () => {
    await using broker = await brokerWith('one', 'two\n', '', 'hällo');
    const { code, stdout, stderr } = await runToEnd(listen(broker, '--count', '4'));
    expect([code, stdout, stderr]).toEqual([0, 'one\ntwo\n\nhällo\n', '']);
  });

  test('headers before them', async () => {
    await using broker = await Broker.start({ name: 'b' });
    broker.publish(QUEUE, 'one', { colour: 'blue' });
    const { stdout } = await runToEnd(listen(broker, '--count', '1', '--headers'));
    const [head, body] = stdout.split('\n\n');
    expect(head!.split('\n')).toContain('colour:blue');
    expect(head!.split('\n')).toContain(`destination:${QUEUE}`);
    expect(body).toBe('one\n');
  });

  test('the source where it is another than before', async () => {
    await using broker = await Broker.start();
    const listening = run(['listen', '/queue/a', '/queue/b', '--url', broker.url, '--count', '3']);
    await broker.waitFor(
      ({ command, headers }) => command === 'SUBSCRIBE' && headers.get('destination') === '/queue/b',
    );
    for (const [name, body] of ['a1', 'a2', 'b1'].map((one) => [one[0], one]))
      broker.publish(`/queue/${name}`, body);
    expect(await listening.done).toBe(0);
    expect(listening.stdout()).toBe('==> /queue/a <==\na1\na2\n\n==> /queue/b <==\nb1\n');
  });

  test('JSON, one object a line: text, or base64 where it is no UTF-8', async () => {
    await using broker = await brokerWith('hällo\n', Buffer.from([0xff, 0x00]), '{"a":1}');
    const { stdout } = await runToEnd(listen(broker, '--count', '3', '--json'));
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ source, body, encoding }) => [source, body, encoding])).toEqual([
      [QUEUE, 'hällo\n', 'utf8'],
      [QUEUE, '/wA=', 'base64'],
      [QUEUE, '{"a":1}', 'utf8'],
    ]);
    expect(lines[0].headers).toMatchObject({ destination: QUEUE, 'message-id': expect.any(String) });
  });

  test('JSON: a header named __proto__ is a header', async () => {
    await using broker = await Broker.start();
    broker.publish(QUEUE, 'one', Object.fromEntries([['__proto__', 'x']]));
    const { stdout } = await runToEnd(listen(broker, '--count', '1', '--json'));
    expect(stdout).toContain('"__proto__":"x"');
  });

  test('bytes and nothing else', async () => {
    const bytes = Buffer.from([0, 0xff, 0x0d, 0x0a, 0x1b]);
    await using broker = await brokerWith(bytes, EMPTY, 'x');
    expect((await runToEnd(listen(broker, '--count', '3', '--raw'))).bytes).toEqual(
      Buffer.concat([bytes, Buffer.from('x')]),
    );
  });

  test('on a terminal nothing that moves the cursor; in a pipe the bytes as they are', async () => {
    const body = 'a\tb\n\x1b[2J';
    await using broker = await brokerWith(body, body);
    const onTerminal = await runToEnd(listen(broker, '--count', '1'), { tty: true });
    expect(onTerminal.stdout).toBe('a\tb\n\\x1b[2J\n');
    expect(onTerminal.stderr).toContain(`listening to ${QUEUE} on ${broker.url}; Ctrl-C ends it\n`);
    expect((await runToEnd(listen(broker, '--count', '1'))).stdout).toBe(`${body}\n`);
  });

  test('what base64 was made of, where the client.cfg says so; what is no base64 as it came', async () => {
    await using broker = await brokerWith('aGVsbG8=\n', '!!!');
    const config = temporaryFile(
      'client.cfg',
      `plugin.stomp.host = 127.0.0.1\nplugin.stomp.port = ${broker.port}\nplugin.stomp.base64 = 1\n`,
    );
    const { stdout, stderr } = await runToEnd(['listen', QUEUE, '--config', config, '--count', '2']);
    expect(stdout).toBe('hello\n!!!\n');
    expect(stderr).toContain('a body is not base64');
  });
});

describe('acknowledges', () => {
  test.each(['client', 'client-individual'])('%s: what was printed, and nothing beyond', async (mode) => {
    await using broker = await brokerWith('1', '2', '3', '4', '5');
    const { code, stdout } = await runToEnd(listen(broker, '--count', '2', '--ack', mode));
    expect([code, stdout]).toEqual([0, '1\n2\n']);
    expect(broker.received.filter(({ command }) => command === 'ACK')).toHaveLength(2);
    expect(waiting(broker)).toEqual(['3', '4', '5']);
  });

  test('auto: never', async () => {
    await using broker = await brokerWith('1', '2');
    expect((await runToEnd(listen(broker, '--count', '2', '--ack', 'auto'))).stdout).toBe('1\n2\n');
    expect(broker.received.filter(({ command }) => command === 'ACK')).toEqual([]);
  });

  test('nothing that could not be printed: it goes back, and the code is 0', async () => {
    await using broker = await Broker.start();
    const listening = run(listen(broker));
    await broker.waitFor(({ command }) => command === 'SUBSCRIBE');
    broker.publish(QUEUE, 'one');
    await listening.says('one');
    listening.hangUp();
    broker.publish(QUEUE, 'two');
    expect(await listening.done).toBe(0);
    expect(listening.stderr()).toBe('');
    expect(waiting(broker)).toEqual(['two']);
  });

  test('in the order of delivery, over several destinations', async () => {
    await using broker = await Broker.start();
    for (let i = 0; i < 50; i++) broker.publish(`/queue/${i % 2}`, `${i}`);
    const argv = ['listen', '/queue/0', '/queue/1', '--url', broker.url, '--count', '50', '--json'];
    expect((await runToEnd(argv)).code).toBe(0);
    expect(broker.stats().queues).toEqual({});
  });
});

describe('ends', () => {
  test('by Ctrl-C: unsubscribes, disconnects, code 0', async () => {
    await using broker = await Broker.start();
    const listening = run(listen(broker));
    await broker.waitFor(({ command }) => command === 'SUBSCRIBE');
    broker.publish(QUEUE, 'one');
    await listening.says('one\n');
    listening.interrupt();
    expect(await listening.done).toBe(0);
    expect(broker.received.slice(-3).map(({ command }) => command)).toEqual([
      'ACK',
      'UNSUBSCRIBE',
      'DISCONNECT',
    ]);
    expect(broker.stats().queues).toEqual({});
  });

  test('by Ctrl-C in auto mode: what still comes is printed', async () => {
    await using broker = await Broker.start({ faults: { delayReceiptsMs: 30 } });
    const listening = run(listen(broker, '--ack', 'auto'));
    await broker.waitFor(({ command }) => command === 'SUBSCRIBE');
    listening.interrupt();
    broker.publish(QUEUE, 'late');
    expect(await listening.done).toBe(0);
    expect(listening.stdout() + waiting(broker).join()).toMatch(/^late\n?$/);
  });

  test('by Ctrl-C while no broker answers: 130', async () => {
    await using broker = await Broker.start({ faults: { silent: 'start' } });
    const listening = run(listen(broker));
    await broker.waitFor(({ command }) => command === 'CONNECT');
    listening.interrupt();
    expect(await listening.done).toBe(130);
  });

  test('by Ctrl-C while the connection is lost', async () => {
    const broker = await Broker.start();
    const listening = run(listen(broker));
    await broker.waitFor(({ command }) => command === 'SUBSCRIBE');
    await broker.kill();
    await listening.notes('lost the connection');
    listening.interrupt();
    expect(await listening.done).toBe(0);
  });

  test('with code 2 when the broker refuses the destination', async () => {
    await using broker = await Broker.start({
      faults: { errorOn: { command: 'SUBSCRIBE', message: 'not for you', close: true } },
    });
    const { code, stderr } = await runToEnd(listen(broker));
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /stompwire: STOMP_SUBSCRIBE_REFUSED: .*not for you.* -- look at the name of the destination/,
    );
  });

  test('with code 2 by a refusal that names no receipt', async () => {
    const { code, stderr } = await runToEnd(['listen', '/nowhere/x', '--url', await refusingBroker()]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/STOMP_\w+: .*Unknown destination/)]);
  });

  test('with code 2 when the pool gives up', async () => {
    const broker = await Broker.start();
    const config = temporaryFile(
      'client.cfg',
      `plugin.stomp.pool.size = 1\nplugin.stomp.pool.host1 = 127.0.0.1\nplugin.stomp.pool.port1 = ${broker.port}\nplugin.stomp.pool.max_reconnect_attempts = 1\n`,
    );
    const listening = run(['listen', QUEUE, '--config', config]);
    await broker.waitFor(({ command }) => command === 'SUBSCRIBE');
    await broker.kill();
    expect(await listening.done).toBe(2);
    expect(listening.stderr()).toContain('STOMP_POOL_EXHAUSTED');
  });
});

test('goes on through a failover, and says so', async () => {
  await using broker = await Broker.start();
  const listening = run(listen(broker));
  await broker.waitFor(({ command }) => command === 'SUBSCRIBE');
  broker.cut();
  await listening.notes('connected again');
  broker.publish(QUEUE, 'after');
  await listening.says('after\n');
  listening.interrupt();
  expect(await listening.done).toBe(0);
});

test('-H goes to SUBSCRIBE', async () => {
  await using broker = await brokerWith('one');
  await runToEnd(listen(broker, '--count', '1', '-H', "selector: colour = 'blue'"));
  const subscribe = broker.received.find(({ command }) => command === 'SUBSCRIBE')!;
  expect(subscribe.headers.get('selector')).toBe("colour = 'blue'");
});

test.each([
  [[], 'an argument is missing'],
  [['/queue/a', '--json', '--raw'], '--json and --raw exclude each other'],
  [['/queue/a', '--json', '--headers'], '--headers is for text: --json has them, --raw has not'],
  [['/queue/a', '--ack', 'never'], '--ack: expected auto, client or client-individual, received "never"'],
  [['/queue/a', '--count', '0'], '--count: expected a whole number from 1 to 9007199254740991, received "0"'],
])('wrong: %j', async (more, message) => {
  const { code, stderr } = await runToEnd(['listen', ...more, '--url', 'stomp://a']);
  expect([code, stderr]).toEqual([64, `stompwire: ${message}; see stompwire listen --help\n`]);
});
