import { describe, expect, it } from 'vitest';
import type { Observer } from '../../src/frame/observer.js';
import { CONNECTED } from '../support/scripted-transport.js';
import { turn } from '../support/virtual-clock.js';
import { dial, message, open, reasonOf, receipt, recorder } from './support.js';

const endpoint = 'stomp://broker.example:61613';

describe('events', () => {
  it('of a whole connection, in order', async () => {
    const { observer, events } = recorder();
    const { connection, transport, clock } = await open({ observer });
    const subscription = connection.subscribe('/queue/a', {}, () => {
      throw new Error('boom');
    });
    await turn();
    transport.push(receipt(1) + message('s1', 1, 'hi') + receipt(99));
    await subscription.ready;
    transport.push('ERROR\nmessage:oh\n\n\0');
    transport.finish();
    await connection.closed;
    expect(events.map(({ name, event }) => (event.frame ? `${name} ${event.frame.command}` : name))).toEqual([
      'onConnecting',
      'onFrameOut CONNECT',
      'onBytesOut',
      'onBytesIn',
      'onFrameIn CONNECTED',
      'onConnected CONNECTED',
      'onFrameOut SUBSCRIBE',
      'onBytesOut',
      'onBytesIn',
      'onFrameIn RECEIPT',
      'onFrameIn MESSAGE',
      'onHandlerError',
      'onFrameIn RECEIPT',
      'onUnroutable RECEIPT',
      'onBytesIn',
      'onFrameIn ERROR',
      'onServerError ERROR',
      'onDisconnect',
    ]);
    expect(events.every(({ name, event }) => name === 'onHandlerError' || event.endpoint === endpoint)).toBe(
      true,
    );
    expect(clock.pending).toEqual([]);
  });

  it('onConnected says which attempt, how long it took and what the broker said', async () => {
    const { observer, of } = recorder();
    const { dials, opening, clock } = dial({}, { observer });
    const transport = await dials.next();
    await clock.advance(120);
    transport.open();
    await clock.advance(30);
    transport.push(CONNECTED);
    await opening;
    expect(of('onConnecting')).toEqual([{ endpoint, attempt: 1 }]);
    const [connected] = of('onConnected');
    expect(connected).toMatchObject({ endpoint, attempt: 1, durationMs: 150 });
    expect(connected.frame.headers.get('session')).toBe('s-1');
  });

  it('frames out have their offset in the stream, their headers and their body', async () => {
    const { observer, of } = recorder(['onFrameOut']);
    const { connection, transport } = await open({ observer });
    connection.send('/queue/é', '€', { headers: { k: 'v' } });
    connection.send('/queue/b', Buffer.alloc(40_000, 1));
    connection.publish('/queue/c', new Uint8Array([0, 1])).catch(() => {});
    await turn();
    const starts = [0, transport.written.indexOf('SEND')];
    for (let i = 0; i < 2; i++) starts.push(transport.written.indexOf('SEND', starts.at(-1)! + 1));
    const frames = of('onFrameOut').map(({ frame }) => frame);
    expect(frames.map(({ offset }) => offset)).toEqual(starts);
    expect(frames.map(({ byteLength }) => byteLength)).toEqual([
      starts[1],
      starts[2]! - starts[1]!,
      starts[3]! - starts[2]!,
      transport.written.length - starts[3]!,
    ]);
    expect([...frames[1].headers]).toEqual([
      ['destination', '/queue/é'],
      ['k', 'v'],
      ['content-length', '3'],
    ]);
    expect(String(frames[1].body)).toBe('€');
    expect(frames[2].body.equals(Buffer.alloc(40_000, 1))).toBe(true);
    expect([...frames[3].body]).toEqual([0, 1]);
  });
});

describe('onBytesIn and onBytesOut', () => {
  it('add up to the exact streams, with bytes between frames and bytes that never became one', async () => {
    const { observer, of } = recorder(['onBytesIn', 'onBytesOut']);
    const { connection, transport } = await open({ observer });
    const inbound = [
      '\n\n',
      'MESSAGE\nsubscr',
      'iption:s9\n\nwhole\0\n\n',
      'RECEIPT\nreceipt-id:1\n\n\0MESSAGE\n',
      'content-le\x00\xff',
      'ngth:5\n\nab',
    ];
    connection.send('/q', 'a');
    await turn();
    connection.send('/q', Buffer.alloc(50_000, 2));
    await turn();
    transport.push(...inbound);
    transport.finish();
    await connection.closed;
    for (const [name, stream] of [
      ['onBytesIn', CONNECTED + inbound.join('')],
      ['onBytesOut', transport.written],
    ] as const) {
      let at = 0;
      for (const { offset, bytes } of of(name)) {
        expect(offset).toBe(at);
        at += bytes.length;
      }
      const joined = Buffer.concat(of(name).map(({ bytes }) => bytes)).toString('latin1');
      expect(joined === stream).toBe(true);
    }
    expect(connection.stats()).toMatchObject({
      bytesIn: CONNECTED.length + inbound.join('').length,
      bytesOut: transport.written.length,
    });
  });

  it('show the chunk that ended the connection, and stats count it', async () => {
    const { observer, of } = recorder(['onBytesIn', 'onFrameIn']);
    const { connection, transport } = await open({ observer });
    const chunk = `${receipt(7)}\x15\x03\x03 this is not STOMP`;
    transport.push(chunk);
    expect((await connection.closed)?.cause).toMatchObject({
      code: 'STOMP_FRAME_NOT_STOMP',
      offset: CONNECTED.length + receipt(7).length,
    });
    expect(String(of('onBytesIn').at(-1).bytes)).toBe(chunk);
    expect(of('onFrameIn').map(({ frame }) => frame.command)).toEqual(['CONNECTED', 'RECEIPT']);
    expect(connection.stats()).toMatchObject({ framesIn: 2, bytesIn: CONNECTED.length + chunk.length });
  });

  it('what the peer says before it is refused is shown as well', async () => {
    const { observer, of } = recorder(['onBytesIn']);
    const { dials, opening } = dial({}, { observer });
    const transport = await dials.next();
    transport.open();
    transport.push('HTTP/1.1 400\r\n');
    await reasonOf(opening);
    expect(of('onBytesIn').map(({ bytes, offset }) => [String(bytes), offset])).toEqual([
      ['HTTP/1.1 400\r\n', 0],
    ]);
  });
});

describe('observers that end the connection', () => {
  it.each([
    'onFrameIn',
    'onFrameOut',
    'onBytesIn',
    'onBytesOut',
    'onServerError',
    'onUnroutable',
    'onHandlerError',
    'onDisconnect',
  ] as const)('in %s: it ends once, and nothing more is delivered', async (name) => {
    const ended: unknown[] = [];
    const got: string[] = [];
    let armed = false;
    const observer: Observer = {
      onHandlerError() {},
      onDisconnect: (event) => ended.push(event.error),
    };
    const { connection, transport, clock } = await open({
      observer: {
        ...observer,
        [name](event: never) {
          (observer as Record<string, ((event: never) => void) | undefined>)[name]?.(event);
          if (armed) connection.destroy();
        },
      },
    });
    connection.subscribe('/queue/a', {}, (m) => {
      got.push(m.text());
      throw new Error('boom');
    });
    await turn();
    armed = true;
    const published = reasonOf(connection.publish('/q'));
    await turn();
    transport.push(`ERROR\n\n\0${receipt(9)}${message('s1', 1, 'a')}${message('s1', 2, 'b')}`);
    await turn();
    if (name === 'onDisconnect') transport.fail();
    expect((await published)?.code).toBe('STOMP_OUTCOME_UNKNOWN');
    expect(ended).toEqual([name === 'onDisconnect' ? await connection.closed : undefined]);
    expect(got).toEqual({ onHandlerError: ['a'], onDisconnect: ['a', 'b'] }[name as string] ?? []);
    expect(transport.destroyed).toBe(true);
    expect(clock.pending).toEqual([]);
  });

  it.each(['onConnecting', 'onFrameOut', 'onBytesOut', 'onFrameIn', 'onBytesIn', 'onConnected'] as const)(
    'by the signal, in %s of the dial',
    async (name) => {
      const controller = new AbortController();
      const observer = { [name]: () => controller.abort() };
      const { opening, dials, clock } = dial({}, { observer, signal: controller.signal });
      await turn();
      for (const transport of dials.transports) {
        transport.open();
        await turn();
        transport.push(CONNECTED);
      }
      const ended = name === 'onConnected' ? await (await opening).closed : await reasonOf(opening);
      expect(ended?.code).toBe('STOMP_ABORTED');
      expect(dials.transports.every(({ destroyed }) => destroyed)).toBe(true);
      expect(clock.pending).toEqual([]);
    },
  );
});

describe('observers that throw', () => {
  it('are isolated, counted and reported; the connection does what it would have done', async () => {
    const warnings: Array<{ message: string; error?: unknown }> = [];
    const fault = new Error('observer');
    const observer: Record<string, unknown> = {
      onWarning: (event: (typeof warnings)[0]) => warnings.push(event),
    };
    for (const name of [
      'onConnecting',
      'onConnected',
      'onDisconnect',
      'onFrameIn',
      'onFrameOut',
      'onBytesIn',
      'onBytesOut',
      'onServerError',
      'onUnroutable',
    ]) {
      observer[name] = () => {
        throw fault;
      };
    }
    const { connection, transport } = await open({ observer: observer as Observer });
    const published = connection.publish('/q', 'a');
    await turn();
    transport.push(receipt(1), receipt(1), 'ERROR\n\n\0');
    await published;
    connection.destroy();
    expect(await connection.closed).toBeUndefined();
    const told = warnings.map(({ message }) => message);
    expect(told).toContain("the observer's onFrameIn threw");
    expect(new Set(told).size).toBe(9);
    expect(warnings.every(({ error }) => error === fault)).toBe(true);
    expect(connection.stats().observerErrors).toBe(warnings.length);
  });

  it('an onWarning that throws is counted, and that is all', async () => {
    const { connection } = await open({
      observer: {
        onFrameIn() {
          throw new Error('first');
        },
        onWarning() {
          throw new Error('second');
        },
      },
    });
    expect(connection.stats().observerErrors).toBe(2);
  });

  it('of a dial that fails too', async () => {
    const { dials, opening } = dial(
      {},
      {
        observer: {
          onConnectFail() {
            throw new Error('observer');
          },
        },
      },
    );
    (await dials.next()).fail();
    expect((await reasonOf(opening))?.code).toBe('STOMP_CONNECT_FAILED');
  });

  it('methods are called on their observer', async () => {
    class Counting implements Observer {
      frames = 0;
      onFrameIn(): void {
        this.frames++;
      }
    }
    const observer = new Counting();
    await open({ observer });
    expect(observer.frames).toBe(1);
  });
});
