import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { turn } from '../support/virtual-clock.js';
import { message, open, receipt, recorder } from './support.js';

const boom = new Error('boom');

const FAILING: ReadonlyArray<readonly [string, () => unknown]> = [
  [
    'throws',
    () => {
      throw boom;
    },
  ],
  ['rejects', () => Promise.reject(boom)],
  [
    'rejects later',
    async () => {
      await turn();
      throw boom;
    },
  ],
];

describe('a handler that fails, with onHandlerError', () => {
  it.each(FAILING)('%s: is told, ends nothing, and the message stays unacknowledged', async (_, fail) => {
    const { observer, of } = recorder(['onHandlerError']);
    const { connection, transport } = await open({ observer });
    const got: string[] = [];
    connection.subscribe('/queue/a', { ack: 'client' }, (m) => {
      got.push(m.text());
      return m.text() === 'bad' ? fail() : undefined;
    });
    await transport.take();
    transport.push(receipt(1), message('s1', 1, 'bad'), message('s1', 2, 'good'));
    await turn();
    await turn();
    expect(got).toEqual(['bad', 'good']);
    expect(of('onHandlerError')).toEqual([{ error: boom, destination: '/queue/a' }]);
    expect(connection.state).toBe('connected');
    expect(connection.stats().unacknowledged).toBe(2);
    expect(await transport.take()).toBe('');
  });

  it('what is thrown may be anything', async () => {
    const { observer, of } = recorder(['onHandlerError']);
    const { connection, transport } = await open({ observer });
    connection.subscribe('/queue/a', {}, () => {
      throw undefined;
    });
    transport.push(message('s1', 1));
    expect(of('onHandlerError')).toEqual([{ error: undefined, destination: '/queue/a' }]);
  });

  it('frames behind it in the same chunk are read', async () => {
    const { observer } = recorder(['onHandlerError']);
    const { connection, transport } = await open({ observer });
    const subscription = connection.subscribe('/queue/a', {}, () => {
      throw boom;
    });
    transport.push(message('s1', 1) + message('s1', 2) + receipt(1));
    await subscription.ready;
    expect(connection.state).toBe('connected');
  });

  it('an onHandlerError that throws is isolated as any other', async () => {
    const { connection, transport } = await open({
      observer: {
        onHandlerError() {
          throw new Error('worse');
        },
      },
    });
    connection.subscribe('/queue/a', {}, () => {
      throw boom;
    });
    transport.push(message('s1', 1));
    expect(connection.stats().observerErrors).toBe(1);
    expect(connection.state).toBe('connected');
  });
});

describe('a handler that gives a thenable of its own kind', () => {
  type Then = (resolve: () => void, reject: (error: unknown) => void) => void;
  it.each<[string, Then, unknown[]]>([
    ['calls back at once', (resolve) => resolve(), []],
    ['calls back twice', (resolve) => [resolve(), resolve()], []],
    [
      'throws',
      () => {
        throw boom;
      },
      [boom, boom],
    ],
    ['rejects at once', (_, reject) => reject(boom), [boom, boom]],
  ])('%s: settles once', async (_, then, errors) => {
    const { observer, of } = recorder(['onHandlerError']);
    const { connection, transport } = await open({ observer });
    let calls = 0;
    connection.subscribe('/queue/a', {}, () => {
      calls++;
      return { then };
    });
    transport.push(message('s1', 1) + message('s1', 2));
    await turn();
    expect(calls).toBe(2);
    expect(of('onHandlerError').map(({ error }) => error)).toEqual(errors);
  });

  it('10,000 held messages do not exhaust the stack', async () => {
    const { connection, transport } = await open();
    let calls = 0;
    // biome-ignore lint/suspicious/noThenProperty: that is what is tested
    const thenable = { then: (resolve: () => void) => resolve() };
    connection.subscribe('/queue/a', {}, () => {
      calls++;
      return thenable;
    });
    transport.push(message('s1', 1).repeat(10_000));
    await turn();
    expect(calls).toBe(10_000);
  });
});

describe('a handler that fails, without onHandlerError', () => {
  let surfaced: unknown[] = [];
  let others: NodeJS.UncaughtExceptionListener[] = [];
  const note = (error: unknown): void => {
    surfaced.push(error);
  };

  beforeEach(() => {
    surfaced = [];
    others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', note);
  });

  afterEach(() => {
    process.removeListener('uncaughtException', note);
    for (const listener of others) process.on('uncaughtException', listener);
  });

  it.each(FAILING)('%s: surfaces as in any Node callback; the connection lives on', async (_, fail) => {
    const { connection, transport } = await open();
    const got: string[] = [];
    const subscription = connection.subscribe('/queue/a', {}, (m) => {
      got.push(m.text());
      return m.text() === 'bad' ? fail() : undefined;
    });
    transport.push(message('s1', 1, 'bad') + message('s1', 2, 'good') + receipt(1));
    await subscription.ready;
    await turn();
    await turn();
    expect(surfaced).toEqual([boom]);
    expect(got).toEqual(['bad', 'good']);
    expect(connection.state).toBe('connected');
  });
});

describe('a handler that is done when it returns, at first', () => {
  /** Enough for the parser to know the next ones by their shape. */
  const some = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => message('s1', from + i, String(from + i))).join('');

  it('is not called again while its first promise is pending, and then in order', async () => {
    const { connection, transport } = await open();
    const got: string[] = [];
    let finish = () => {};
    const subscription = connection.subscribe('/queue/a', {}, (m) => {
      got.push(m.text());
      return m.text() === '14' ? new Promise<void>((resolve) => (finish = resolve)) : undefined;
    });
    transport.push(some(10, 14));
    expect(got).toEqual(['10', '11', '12', '13']);
    transport.push(some(14, 17));
    transport.push(some(17, 18));
    expect(got.at(-1)).toBe('14');
    expect(subscription.plainHandler).toBeUndefined();
    finish();
    await turn();
    expect(got).toEqual(['10', '11', '12', '13', '14', '15', '16', '17']);
    transport.push(some(18, 20));
    expect(got.slice(-2)).toEqual(['18', '19']);
  });

  it('is called up to its concurrency from its first promise on', async () => {
    const { connection, transport } = await open();
    let running = 0;
    let most = 0;
    connection.subscribe('/queue/a', { concurrency: 3 }, async (m) => {
      if (m.text() < '15') return;
      most = Math.max(most, ++running);
      await turn();
      running--;
    });
    transport.push(some(10, 30));
    for (let i = 0; i < 20; i++) await turn();
    expect([most, running]).toEqual([3, 0]);
  });

  it('may end its subscription, and throw', async () => {
    const { observer, of } = recorder(['onHandlerError']);
    const { connection, transport } = await open({ observer });
    const got: string[] = [];
    const subscription = connection.subscribe('/queue/a', { implicit: true }, (m) => {
      got.push(m.text());
      if (m.text() !== '14') return;
      subscription.unsubscribe();
      throw boom;
    });
    transport.push(some(10, 17));
    await turn();
    expect(got).toEqual(['10', '11', '12', '13', '14']);
    expect(of('onHandlerError')).toEqual([{ error: boom, destination: '/queue/a' }]);
    expect(subscription.state).toBe('closed');
  });

  it('may end its subscription, and give a promise that rejects', async () => {
    const { observer, of } = recorder(['onHandlerError']);
    const { connection, transport } = await open({ observer });
    const subscription = connection.subscribe('/queue/a', { implicit: true }, (m) => {
      if (m.text() !== '14') return;
      subscription.unsubscribe();
      return Promise.reject(boom);
    });
    transport.push(some(10, 17));
    await turn();
    expect(of('onHandlerError')).toEqual([{ error: boom, destination: '/queue/a' }]);
  });

  it('is called with what is acknowledged in the client modes', async () => {
    const { connection, transport } = await open();
    const subscription = connection.subscribe('/queue/a', { ack: 'client' }, (m) => m.ack());
    await transport.take();
    transport.push(receipt(1) + some(10, 20));
    expect(subscription.plainHandler).toBeUndefined();
    expect((await transport.take()).match(/ACK\n/g)).toHaveLength(10);
  });
});
