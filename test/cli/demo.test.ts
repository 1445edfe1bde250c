import { describe, expect, test } from 'vitest';
import { Broker } from '../../src/broker/index.js';
import { FailoverClock, Tally } from '../../src/cli/demo/tally.js';
import { configFor, run, runToEnd, temporaryFile } from './support.js';

describe('with embedded brokers', () => {
  test('one is killed, and nothing is lost', async () => {
    const { code, stdout, stderr } = await runToEnd(['demo', '--messages', '2000']);
    expect(stdout).toMatch(/killed stomp:\/\/127\.0\.0\.1:\d+, with 1,000 messages confirmed/);
    expect(stdout).toMatch(/connected again, to stomp:/);
    expect(stdout).toMatch(/^ {2}published +2,000 /m);
    expect(stdout).toMatch(/^ {2}received +2,000 /m);
    expect(stdout).toMatch(/^ {2}lost +0 /m);
    expect(stdout).toMatch(/^ {2}failover +[\d.]+ ms +from the kill/m);
    expect(stdout).toMatch(/^ {2}rate +[\d,]+\/s /m);
    expect(stdout).toContain(Broker.NOTICE);
    expect([code, stderr]).toEqual([0, '']);
  });

  test('as JSON, and without regard to the variables', async () => {
    const env = { STOMP_SERVER: 'nowhere.invalid', STOMP_USER: 'nobody', STOMP_PASSWORD: 'x' };
    const { code, stdout } = await runToEnd(['demo', '--messages', '600', '--json'], { env });
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ messages: 600, published: 600, received: 600, lost: 0 });
    expect(result).toMatchObject({ killed: true, failovers: 1 });
    expect(result.failoverMs).toBeGreaterThan(0);
    // What came twice is what was sent twice, or was not acknowledged when the broker died.
    expect(result.sentAgain).toBeGreaterThan(0);
  });

  test.each([1, 2])('%i message is enough', async (messages) => {
    const { code, stdout } = await runToEnd(['demo', '--messages', String(messages), '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ received: messages, lost: 0, killed: true });
  });

  test('a terminal sees it move', async () => {
    const { code, stderr } = await runToEnd(['demo', '--messages', '20000'], { tty: true });
    expect(code).toBe(0);
    expect(stderr).toMatch(/\r\x1b\[K {2}\[#*\.*\] published [\d,]+ {2}received [\d,]+/);
  });
});

describe('with brokers of the user', () => {
  async function broker(): Promise<Broker> {
    return Broker.start({ logins: { me: 'hunter2' } });
  }

  test('all goes through a queue of its own, which is left empty, and nothing is killed', async () => {
    await using one = await broker();
    one.publish('/queue/other', 'not mine');
    const { code, stdout } = await runToEnd([
      'demo',
      '--config',
      configFor(one.port),
      '--messages',
      '500',
      '--json',
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ received: 500, lost: 0, killed: false, failoverMs: null });
    expect(one.stats().queues).toEqual({ '/queue/other': { waiting: 1, unacknowledged: 0, consumers: 0 } });
    const queues = new Set(one.received.flatMap(({ headers }) => headers.get('destination') ?? []));
    expect([...queues]).toEqual([expect.stringMatching(/^\/queue\/stompwire\.demo\.\w+$/)]);
  });

  test('messages that a broker confirms and then drops: the table says so, and the code is 1', async () => {
    let dropped = 0;
    let sends = 0;
    const one: Broker = await Broker.start({
      logins: { me: 'hunter2' },
      limits: { prefetch: 1 }, // so that the others wait in the queue
      observer: {
        onFrameIn: ({ frame }) => {
          if (frame.command !== 'SEND' || ++sends !== 200) return;
          dropped = one.store.peek(frame.headers.get('destination')!).length;
          one.store.clear();
        },
      },
    });
    await using _ = one;
    const argv = ['demo', '--config', configFor(one.port), '--messages', '400', '--wait', '1'];
    const { code, stdout } = await runToEnd(argv);
    expect(dropped).toBeGreaterThan(0);
    expect(stdout).toMatch(new RegExp(`^ {2}lost +${dropped} `, 'm'));
    expect(stdout).toMatch(new RegExp(`^ {2}received +${400 - dropped} `, 'm'));
    expect(stdout).toContain(`${dropped} messages were lost.`);
    expect(code).toBe(1);
  });

  test('as JSON too', async () => {
    let sends = 0;
    const one: Broker = await Broker.start({
      limits: { prefetch: 1 },
      observer: { onFrameIn: ({ frame }) => frame.command === 'SEND' && ++sends === 50 && one.store.clear() },
    });
    await using _ = one;
    const { code, stdout } = await runToEnd([
      'demo',
      '--url',
      one.url,
      '--messages',
      '100',
      '--wait',
      '1',
      '--json',
    ]);
    const { published, received, lost } = JSON.parse(stdout);
    expect([code, published, received + lost]).toEqual([1, 100, 100]);
    expect(lost).toBeGreaterThan(0);
  });

  test('a connection that is cut is made again, and nothing is lost', async () => {
    await using one = await broker();
    one.faults.next({ cutAfterBytes: { in: 20_000 } });
    const demo = run(['demo', '--config', configFor(one.port), '--messages', '400', '--wait', '1', '--json']);
    const { headers } = await one.waitFor(({ command }) => command === 'SUBSCRIBE');
    expect(await demo.done).toBe(0);
    const result = JSON.parse(demo.stdout());
    expect(result).toMatchObject({ received: 400, lost: 0, killed: false, failovers: 1 });
    expect(one.store.peek(headers.get('destination')!)).toEqual([]);
  });

  test('base64 and priority are as configured', async () => {
    await using one = await Broker.start();
    const text = `plugin.stomp.host = 127.0.0.1\nplugin.stomp.port = ${one.port}\n`;
    const config = temporaryFile('client.cfg', `${text}plugin.stomp.base64 = 1\nplugin.stomp.priority = 7\n`);
    const { code } = await runToEnd(['demo', '--config', config, '--messages', '20']);
    expect(code).toBe(0);
    const send = one.received.find(({ command }) => command === 'SEND')!;
    expect(send.headers.get('priority')).toBe('7');
    expect(Buffer.from(send.body.toString(), 'base64').toString()).toMatch(/^stompwire demo \d+$/);
  });

  test('a broker that refuses the queue ends it with code 2', async () => {
    await using one = await broker();
    one.faults.all({ errorOn: { command: 'SEND', message: 'not for you', close: true } });
    const { code, stderr } = await runToEnd(['demo', '--config', configFor(one.port), '--messages', '20']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^stompwire: STOMP_SERVER_ERROR: .*not for you.*\n$/);
  });

  test('Ctrl-C: what is under way is fetched, the queue is left empty, code 130', async () => {
    await using one = await broker();
    const demo = run(['demo', '--config', configFor(one.port), '--messages', '1000000']);
    await one.waitFor(({ command }) => command === 'ACK');
    demo.interrupt();
    expect(await demo.done).toBe(130);
    expect(one.stats().queues).toEqual({});
    await one.waitFor(({ command }) => command === 'DISCONNECT');
  });

  test('Ctrl-C while no broker answers', async () => {
    await using one = await Broker.start({ faults: { silent: 'start' } });
    const demo = run(['demo', '--url', one.url]);
    await one.waitFor(({ command }) => command === 'CONNECT');
    demo.interrupt('SIGTERM');
    expect(await demo.done).toBe(143);
  });
});

describe('the tally', () => {
  test('counts by number', () => {
    const tally = new Tally(4);
    for (const number of [0, 1, 2, 2]) tally.confirm(number);
    for (const number of [0, 0, 3, 1, 4, undefined]) tally.receive(number);
    const { confirmed, received, missing, duplicates, foreign } = tally;
    expect({ confirmed, received, missing, duplicates, foreign }).toEqual({
      confirmed: 3,
      received: 3,
      missing: 1,
      duplicates: 1,
      foreign: 2,
    });
    tally.confirm(3);
    tally.receive(2);
    expect(tally.missing).toBe(0);
  });

  test('what is received before its RECEIPT is not missing after it', () => {
    const tally = new Tally(1);
    tally.receive(0);
    tally.confirm(0);
    expect(tally.missing).toBe(0);
  });
});

test('the failover clock runs from the first loss to the first sign of the next connection', () => {
  let now = 0;
  const clock = new FailoverClock(() => now);
  clock.connected();
  clock.sign();
  clock.lost();
  now = 5;
  clock.sign(); // of the connection before
  clock.lost();
  now = 20;
  clock.connected();
  now = 30;
  expect([clock.sign(), clock.sign()]).toEqual([30, undefined]);
  expect(clock.durationsMs).toEqual([30]);
});
