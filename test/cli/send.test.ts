import { PassThrough, Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { Broker } from '../../src/broker/index.js';
import { splitLines } from '../../src/cli/input.js';
import { configFor, refusingBroker, run, runToEnd, temporaryFile } from './support.js';

const QUEUE = '/queue/cli';

const bodies = (broker: Broker) => broker.store.peek(QUEUE).map(({ body }) => body.toString());
const sends = (broker: Broker) => broker.received.filter(({ command }) => command === 'SEND');

describe('the body', () => {
  test('is the argument, confirmed, and nothing is printed', async () => {
    await using broker = await Broker.start();
    const { code, stdout, stderr } = await runToEnd(['send', QUEUE, 'hällo', '--url', broker.url]);
    expect([code, stdout, stderr]).toEqual([0, '', '']);
    expect(bodies(broker)).toEqual(['hällo']);
    const [send] = sends(broker);
    expect([...send!.headers].map(([name]) => name)).toEqual([
      'destination',
      'persistent',
      'content-length',
      'receipt',
    ]);
    expect(broker.received.at(-1)?.command).toBe('DISCONNECT');
  });

  test('is a file, byte for byte', async () => {
    await using broker = await Broker.start();
    const bytes = Buffer.from([0, 1, 2, 0xff, 0x0a]);
    const file = temporaryFile('body', bytes);
    expect((await runToEnd(['send', QUEUE, '--file', file, '--url', broker.url])).code).toBe(0);
    expect(broker.store.peek(QUEUE)[0]!.body).toEqual(bytes);
  });

  test.each([[[]], [['--file', '-']]])('is standard input: %j', async (more) => {
    await using broker = await Broker.start();
    const { code } = await runToEnd(['send', QUEUE, '--url', broker.url, ...more], { stdin: 'one\ntwo\n' });
    expect([code, bodies(broker)]).toEqual([0, ['one\ntwo\n']]);
  });

  test('is each line of the input', async () => {
    await using broker = await Broker.start();
    const argv = ['send', QUEUE, '--lines', '--url', broker.url, '--json'];
    const { code, stdout } = await runToEnd(argv, { stdin: 'one\r\ntwo\n\nlast' });
    expect([code, bodies(broker)]).toEqual([0, ['one', 'two', '', 'last']]);
    expect(JSON.parse(stdout)).toEqual({
      destination: QUEUE,
      messages: 4,
      bytes: 10,
      confirmed: 4,
      firstUnconfirmed: null,
      connectionsLost: 0,
      perhapsLost: false,
      durationMs: expect.any(Number),
    });
  });

  test('no line at all is no message', async () => {
    await using broker = await Broker.start();
    expect((await runToEnd(['send', QUEUE, '--lines', '--url', broker.url])).code).toBe(0);
    expect(bodies(broker)).toEqual([]);
  });
});

describe('options', () => {
  const headersOf = async (...more: string[]) => {
    await using broker = await Broker.start();
    const { code, stderr } = await runToEnd(['send', QUEUE, 'x', '--url', broker.url, ...more]);
    expect([code, stderr]).toEqual([0, '']);
    return Object.fromEntries(sends(broker)[0]!.headers);
  };

  test('-H adds headers, with colons in the value and without the blanks around it', async () => {
    const headers = await headersOf('-H', 'colour: blue', '--header', 'when:12:30');
    expect(headers).toMatchObject({ colour: 'blue', when: '12:30' });
  });

  test('--no-persistent, --text, --no-receipt leave out a header each', async () => {
    expect(await headersOf('--no-persistent')).not.toHaveProperty('persistent');
    expect(await headersOf('--text')).not.toHaveProperty('content-length');
    expect(await headersOf('--no-receipt')).not.toHaveProperty('receipt');
    expect(await headersOf()).toMatchObject({ persistent: 'true', 'content-length': '1', receipt: '1' });
  });

  test('base64 and priority of a client.cfg; -H wins', async () => {
    await using broker = await Broker.start();
    const config = temporaryFile(
      'client.cfg',
      `plugin.stomp.host = 127.0.0.1\nplugin.stomp.port = ${broker.port}\nplugin.stomp.base64 = 1\nplugin.stomp.priority = 7\n`,
    );
    await runToEnd(['send', QUEUE, 'hello', '--config', config]);
    await runToEnd(['send', QUEUE, 'hello', '--config', config, '-H', 'priority:2']);
    expect(bodies(broker)).toEqual(['aGVsbG8=\n', 'aGVsbG8=\n']);
    expect(sends(broker).map(({ headers }) => headers.get('priority'))).toEqual(['7', '2']);
  });

  test.each([
    [['--header', 'hunter2'], '--header: expected name:value'],
    [['--file', 'a', 'body'], 'BODY and --file exclude each other'],
    [['body', 'more'], 'unexpected argument "more"'],
  ])('wrong: %j', async (more, message) => {
    const { code, stderr } = await runToEnd(['send', QUEUE, ...more, '--url', 'stomp://a']);
    expect([code, stderr]).toEqual([64, `stompwire: ${message}; see stompwire send --help\n`]);
  });

  test('a header that the library sets itself is refused', async () => {
    await using broker = await Broker.start();
    const { code, stderr } = await runToEnd(['send', QUEUE, 'x', '--url', broker.url, '-H', 'receipt:1']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('STOMP_CONFIG_CONFLICT: headers.receipt')]);
  });
});

describe('who sends, without a passcode on the command line', () => {
  const secured = () => Broker.start({ logins: { me: 'hunter2' } });

  test.each([
    ['the variables', [], { STOMP_USER: 'me', STOMP_PASSWORD: 'hunter2' }],
    ['a login in the URL and a variable', ['me@'], { STOMP_PASSWORD: 'hunter2' }],
    ['a login in the URL and a file', ['me@', 'file'], { STOMP_PASSWORD: 'wrong' }],
    ['a variable and a file', ['', 'file'], { STOMP_USER: 'me' }],
    ['a URL that has all', ['me:hunter2@'], { STOMP_USER: 'you', STOMP_PASSWORD: 'wrong' }],
  ])('%s', async (_name, [login = '', file], env) => {
    await using broker = await secured();
    const url = broker.url.replace('://', `://${login}`);
    const more =
      file === undefined ? [] : ['--passcode-file', temporaryFile('passcode', 'hunter2\nnot this\n')];
    expect(await runToEnd(['send', QUEUE, 'x', '--url', url, ...more], { env })).toMatchObject({ code: 0 });
  });

  test('the variables for all, without --url and --config', async () => {
    await using broker = await secured();
    const env = { STOMP_SERVER: '127.0.0.1', STOMP_PORT: String(broker.port), STOMP_USER: 'me' };
    expect(
      await runToEnd(['send', QUEUE, 'x'], { env: { ...env, STOMP_PASSWORD: 'hunter2' } }),
    ).toMatchObject({
      code: 0,
    });
  });

  test('a passcode that is wrong: one line, which does not have it', async () => {
    await using broker = await secured();
    const { code, stderr } = await runToEnd([
      'send',
      QUEUE,
      'x',
      '--url',
      broker.url.replace('://', '://me:hunter3@'),
    ]);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^stompwire: STOMP_POOL_EXHAUSTED: .*STOMP_CONNECT_REFUSED.* -- look at login and passcode\n$/,
    );
    expect(stderr).not.toContain('hunter');
  });

  test.each([
    ['no broker', [], 'which broker? give --config FILE, --url URL or the variable STOMP_SERVER'],
    [
      'a passcode without a login',
      ['--url', 'stomp://a', '--passcode-file', import.meta.filename],
      '--passcode-file: a login is missing; give stomp://login@host or STOMP_USER',
    ],
    [
      'an authority without TLS',
      ['--url', 'stomp://a', '--ca', import.meta.filename],
      '--ca is for TLS: the URL begins with stomp+ssl:// then',
    ],
  ])('%s is a wrong command line', async (_name, more, message) => {
    const { code, stderr } = await runToEnd(['send', QUEUE, 'x', ...more]);
    expect([code, stderr]).toEqual([64, `stompwire: ${message}; see stompwire send --help\n`]);
  });
});

describe('trouble', () => {
  test('a broker that refuses: its words, code 2, and where it stands', async () => {
    await using broker = await Broker.start({
      faults: { errorOn: { command: 'SEND', message: 'the queue\nis full', after: 3, close: true } },
    });
    const argv = ['send', QUEUE, '--lines', '--url', broker.url];
    const { code, stderr } = await runToEnd(argv, { stdin: 'a\nb\nc\nd\ne\n' });
    expect(code).toBe(2);
    // The last one is let through on a connection that was made after the refusal.
    expect(stderr).toMatch(
      /stompwire: [34] of 5 messages are confirmed; the first that is not is number 4\n/,
    );
    const last = stderr.trimEnd().split('\n').at(-1);
    expect(last).toMatch(/^stompwire: STOMP_SERVER_ERROR: .*the queue/);
  });

  test('a refusal that names no receipt ends it, with --no-receipt too', async () => {
    const argv = ['send', '/nowhere/x', 'body', '--url', await refusingBroker()];
    const ends = await Promise.all([runToEnd(argv), runToEnd([...argv, '--no-receipt'])]);
    const wanted = [2, expect.stringMatching(/STOMP_SERVER_ERROR: .*Unknown destination/)];
    expect(ends.map(({ code, stderr }) => [code, stderr])).toEqual([wanted, wanted]);
  });

  test('ends although the input goes on', async () => {
    await using broker = await Broker.start({
      faults: { errorOn: { command: 'SEND', message: 'no', close: true } },
    });
    const stdin = new PassThrough();
    stdin.write('a line\n');
    expect(await runToEnd(['send', QUEUE, '--lines', '--url', broker.url], { stdin })).toMatchObject({
      code: 2,
    });
  });

  test('a lost connection: what had no RECEIPT is sent again', async () => {
    const lines = Array.from({ length: 200 }, (_, i) => `line ${i}`);
    await using broker = await Broker.start();
    broker.faults.next({ cutAfterBytes: { in: 6_000 } });
    const argv = ['send', QUEUE, '--lines', '--url', broker.url, '--json'];
    const { code, stdout, stderr } = await runToEnd(argv, { stdin: lines.join('\n') });
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({
      messages: 200,
      confirmed: 200,
      firstUnconfirmed: null,
      connectionsLost: 1,
    });
    expect(stderr).toMatch(/lost the connection: .*\nstompwire: connected again, to stomp:/);
    expect([...new Set(bodies(broker))].sort()).toEqual([...lines].sort());
  });

  test('a broker that is gone for good: where it stands', async () => {
    const broker = await Broker.start();
    const config = temporaryFile(
      'client.cfg',
      `plugin.stomp.pool.size = 1\nplugin.stomp.pool.host1 = 127.0.0.1\nplugin.stomp.pool.port1 = ${broker.port}\nplugin.stomp.pool.max_reconnect_attempts = 1\n`,
    );
    const stdin = new PassThrough();
    const sending = run(['send', QUEUE, '--lines', '--json', '--config', config], { stdin });
    stdin.write('one\ntwo\n');
    let seen = 0;
    await broker.waitFor(({ command }) => command === 'SEND' && ++seen === 2);
    await broker.kill();
    stdin.write('three\n');
    expect(await sending.done).toBe(2);
    const { error } = JSON.parse(sending.stderr().trimEnd().split('\n').at(-1)!);
    expect(error.code).toMatch(/^STOMP_(POOL_EXHAUSTED|OUTCOME_UNKNOWN)$/);
    expect(JSON.parse(sending.stdout())).toMatchObject({ connectionsLost: expect.any(Number) });
  });

  test('without receipts a lost connection is a finding', async () => {
    await using broker = await Broker.start();
    broker.faults.next({ cutAfterBytes: { in: 2_000 } });
    const stdin = new PassThrough();
    const sending = run(['send', QUEUE, '--lines', '--no-receipt', '--url', broker.url], { stdin });
    stdin.write('x'.repeat(4_000));
    stdin.write('\n');
    await sending.notes('connected again');
    stdin.end('y\n');
    expect(await sending.done).toBe(1);
    expect(sending.stderr()).toContain('how many messages arrived is not known');
  });

  test('without receipts a refusal is an error all the same', async () => {
    await using broker = await Broker.start({ faults: { errorOn: { command: 'SEND', message: 'no' } } });
    const { code, stderr } = await runToEnd(['send', QUEUE, 'x', '--no-receipt', '--url', broker.url]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('STOMP_SERVER_ERROR')]);
  });

  test('a file that is not there', async () => {
    await using broker = await Broker.start();
    const { code, stderr } = await runToEnd(['send', QUEUE, '--file', '/no/such', '--url', broker.url]);
    expect([code, stderr]).toEqual([2, 'stompwire: cannot read /no/such: there is no such file\n']);
  });

  test('Ctrl-C: what was begun is confirmed, what was not read to its end is not sent, code 130', async () => {
    await using broker = await Broker.start();
    const stdin = new PassThrough();
    const sending = run(['send', QUEUE, '--lines', '--url', broker.url], { stdin });
    stdin.write('whole\nhalf');
    await broker.waitFor(({ command }) => command === 'SEND');
    sending.interrupt();
    expect(await sending.done).toBe(130);
    expect(bodies(broker)).toEqual(['whole']);
    expect(broker.received.at(-1)?.command).toBe('DISCONNECT');
  });
});

describe('input of any length', () => {
  test('is not read faster than the broker takes it', async () => {
    let read = 0;
    function* endless() {
      for (;;) {
        read++;
        yield Buffer.from('0123456789\n'.repeat(100));
      }
    }
    await using broker = await Broker.start({ faults: { dropReceipts: true } });
    const stdin = Readable.from(endless(), { objectMode: false, highWaterMark: 1_100 });
    const sending = run(['send', QUEUE, '--lines', '--url', broker.url], { stdin });
    let seen = 0;
    await broker.waitFor(({ command }) => command === 'SEND' && ++seen === 256);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(sends(broker)).toHaveLength(256);
    expect(read).toBeLessThan(10);
    sending.interrupt();
    expect(await sending.done).toBe(130);
  });

  test('also without receipts', async () => {
    await using broker = await Broker.start();
    const lines = Array.from({ length: 3_000 }, (_, i) => `${i}`.padEnd(1_000, '.'));
    const argv = ['send', QUEUE, '--lines', '--no-receipt', '--url', broker.url];
    expect(await runToEnd(argv, { stdin: lines.join('\n') })).toMatchObject({ code: 0, stderr: '' });
    expect(bodies(broker)).toEqual(lines);
  });
});

test('a terminal sees how it goes', async () => {
  await using broker = await Broker.start();
  const { stdout, stderr } = await runToEnd(['send', QUEUE, 'abc', '--url', broker.url], { tty: true });
  expect([stdout, stderr]).toEqual(['', `confirmed: 1 messages, 3 bytes in all, to ${QUEUE}\n`]);
});

test('a whole client.cfg of two brokers, of which one is down', async () => {
  await using broker = await Broker.start({ logins: { me: 'hunter2' } });
  expect(await runToEnd(['send', QUEUE, 'x', '--config', configFor(1, broker.port)])).toMatchObject({
    code: 0,
    stderr: '',
  });
});

test('lines come out the same, wherever the chunks are cut', async () => {
  const text = Buffer.from('a\r\n\nbc\rd\r\r\n\r\ne');
  for (let size = 1; size <= text.length; size++) {
    async function* chunks() {
      for (let at = 0; at < text.length; at += size) yield text.subarray(at, at + size);
    }
    const lines: string[] = [];
    for await (const line of splitLines(chunks())) lines.push(line.toString());
    expect(lines).toEqual(['a', '', 'bc\rd\r', '', 'e']);
  }
});
