import { describe, expect, it } from 'vitest';
import { Broker } from '../../src/broker/index.js';
import type { BodyInit } from '../../src/frame/serializer.js';
import type { SendOptions } from '../../src/transport/heads.js';
import { Connection } from '../../src/transport/index.js';
import { turn } from '../support/virtual-clock.js';
import { open, reasonOf, stateOf, thrownBy } from './support.js';

type Row = [what: string, body: BodyInit | undefined, options: SendOptions, wire: string];

describe('P22: the bytes of SEND', () => {
  it.each<Row>([
    ['nothing but a destination', undefined, {}, 'SEND\ndestination:/queue/a\n\n\0'],
    ['text', 'hi', {}, 'SEND\ndestination:/queue/a\ncontent-length:2\n\nhi\0'],
    ['text in UTF-8', '€', {}, 'SEND\ndestination:/queue/a\ncontent-length:3\n\n\xe2\x82\xac\0'],
    ['bytes', new Uint8Array([0, 255, 10]), {}, 'SEND\ndestination:/queue/a\ncontent-length:3\n\n\0\xff\n\0'],
    ['no content-length', 'hi', { contentLength: false }, 'SEND\ndestination:/queue/a\n\nhi\0'],
    [
      'persistent when it is asked for',
      'hi',
      { persistent: true },
      'SEND\ndestination:/queue/a\npersistent:true\ncontent-length:2\n\nhi\0',
    ],
    ['not persistent', 'hi', { persistent: false }, 'SEND\ndestination:/queue/a\ncontent-length:2\n\nhi\0'],
    [
      'headers in their order',
      'hi',
      { headers: { 'reply-to': '/topic/b', priority: 4, keep: true, none: undefined, persistent: 'no' } },
      'SEND\ndestination:/queue/a\nreply-to:/topic/b\npriority:4\nkeep:true\npersistent:no\ncontent-length:2\n\nhi\0',
    ],
    [
      'a header value of bytes',
      undefined,
      { headers: { raw: new Uint8Array([0x80, 0x3a]) } },
      'SEND\ndestination:/queue/a\nraw:\x80:\n\n\0',
    ],
  ])('%s', async (_, body, options, wire) => {
    const { connection, transport } = await open();
    await transport.take();
    expect(connection.send('/queue/a', body, options)).toBe(true);
    expect(await transport.take()).toBe(wire);
  });
});

describe('what cannot be sent', () => {
  type Bad = [what: string, destination: unknown, body: unknown, options: SendOptions, code: string];
  const rows: Bad[] = [
    ['no destination', '', 'x', {}, 'STOMP_CONFIG_INVALID'],
    ['a destination that is no text', 7, 'x', {}, 'STOMP_CONFIG_INVALID'],
    ['a destination with LF', '/queue/a\nreceipt:1', 'x', {}, 'STOMP_FRAME_BAD_HEADER'],
    ['a destination with NUL', '/queue/a\0', 'x', {}, 'STOMP_FRAME_BAD_HEADER'],
    ['a value with LF', '/q', 'x', { headers: { a: 'b\nc:d' } }, 'STOMP_FRAME_BAD_HEADER'],
    ['a value with CR', '/q', 'x', { headers: { a: 'b\r' } }, 'STOMP_FRAME_BAD_HEADER'],
    ['a value with NUL', '/q', 'x', { headers: { a: '\0' } }, 'STOMP_FRAME_BAD_HEADER'],
    ['a name with LF', '/q', 'x', { headers: { 'a\nb': 'c' } }, 'STOMP_FRAME_BAD_HEADER'],
    ['a name with a colon', '/q', 'x', { headers: { 'a:b': 'c' } }, 'STOMP_FRAME_BAD_HEADER'],
    ['an empty name', '/q', 'x', { headers: { '': 'c' } }, 'STOMP_FRAME_BAD_HEADER'],
    ['destination as a header', '/q', 'x', { headers: { destination: '/r' } }, 'STOMP_CONFIG_CONFLICT'],
    ['receipt as a header', '/q', 'x', { headers: { receipt: '1' } }, 'STOMP_CONFIG_CONFLICT'],
    ['transaction as a header', '/q', 'x', { headers: { transaction: 't' } }, 'STOMP_CONFIG_CONFLICT'],
    ['content-length as a header', '/q', 'x', { headers: { 'content-length': 1 } }, 'STOMP_CONFIG_CONFLICT'],
    [
      'persistent twice',
      '/q',
      'x',
      { headers: { persistent: 'x' }, persistent: true },
      'STOMP_CONFIG_CONFLICT',
    ],
    ['a body that is null', '/q', null, {}, 'STOMP_CONFIG_INVALID'],
    ['a body that is a number', '/q', 5, {}, 'STOMP_CONFIG_INVALID'],
    ['a body that is an object', '/q', {}, {}, 'STOMP_CONFIG_INVALID'],
    ['a body that is a DataView', '/q', new DataView(new ArrayBuffer(1)), {}, 'STOMP_CONFIG_INVALID'],
    ['NUL without content-length', '/q', 'a\0b', { contentLength: false }, 'STOMP_FRAME_BAD_BODY'],
  ];

  it.each(rows)(
    '%s: send throws, publish rejects, nothing is written',
    async (_, to, body, options, code) => {
      const { connection, transport } = await open();
      await transport.take();
      expect(thrownBy(() => connection.send(to as string, body as string, options)).code).toBe(code);
      const published = connection.publish(to as string, body as string, options);
      expect((await reasonOf(published))?.code).toBe(code);
      expect(await transport.take()).toBe('');
      expect(connection.stats()).toMatchObject({ pendingReceipts: 0, unsentBytes: 0, unsentSends: 0 });
    },
  );

  it('anything after the end', async () => {
    const { connection, transport } = await open();
    transport.fail();
    await connection.closed;
    for (const action of [
      () => connection.send('/queue/a'),
      () => connection.subscribe('/queue/a'),
      () => connection.begin(),
    ]) {
      expect(thrownBy(action).code).toBe('STOMP_CLOSED');
    }
    for (const action of [
      connection.publish('/queue/a'),
      connection.drain(),
      connection.transaction(() => {}),
    ]) {
      expect((await reasonOf(action))?.code).toBe('STOMP_CLOSED');
    }
  });
});

describe('one write a turn', () => {
  it('1,000 sends of one turn leave in one write', async () => {
    const { connection, transport } = await open();
    const before = transport.writes.length;
    for (let i = 0; i < 1000; i++) connection.send('/q', '0123456789');
    await turn();
    expect(transport.writes.length - before).toBe(1);
    expect(transport.writes.at(-1)).toBe(
      'SEND\ndestination:/q\ncontent-length:10\n\n0123456789\0'.repeat(1000),
    );
  });

  it('so do those of the promises that follow from it', async () => {
    const { connection, transport } = await open();
    const before = transport.writes.length;
    connection.send('/q', 'a');
    await Promise.resolve().then(() => connection.send('/q', 'b'));
    await turn();
    expect(transport.writes.slice(before)).toEqual([
      'SEND\ndestination:/q\ncontent-length:1\n\na\0SEND\ndestination:/q\ncontent-length:1\n\nb\0',
    ]);
  });

  it('more than a slab leaves in slabs, in order and whole', async () => {
    const { connection, transport } = await open();
    await transport.take();
    const sizes = [1, 40_000, 20_000, 65_000, 70_000, 100_000, 0, 5];
    for (const size of sizes) connection.send('/q', 'x'.repeat(size));
    const wire = await transport.take();
    const expected = sizes.map((size) =>
      size === 0
        ? 'SEND\ndestination:/q\n\n\0'
        : `SEND\ndestination:/q\ncontent-length:${size}\n\n${'x'.repeat(size)}\0`,
    );
    expect(wire === expected.join('')).toBe(true);
  });

  it.each([32_767, 32_768, 1_000_000])('a body of %i bytes keeps its place between texts', async (size) => {
    const { connection, transport } = await open();
    await transport.take();
    const body = Buffer.alloc(size, 'y');
    const handedOver: Buffer[] = [];
    transport.onWrite = (bytes) => handedOver.push(bytes);
    connection.send('/q', 'before');
    connection.send('/q', body.subarray(0, size));
    connection.send('/q', 'after');
    const wire = await transport.take();
    expect(
      wire ===
        'SEND\ndestination:/q\ncontent-length:6\n\nbefore\0' +
          `SEND\ndestination:/q\ncontent-length:${size}\n\n${'y'.repeat(size)}\0` +
          'SEND\ndestination:/q\ncontent-length:5\n\nafter\0',
    ).toBe(true);
    const byReference = handedOver.some(
      (bytes) =>
        bytes.buffer === body.buffer && bytes.byteOffset === body.byteOffset && bytes.length === size,
    );
    expect(byReference).toBe(size >= 32_768);
  });

  it('a slab is not used again before the socket has taken it', async () => {
    const { connection, transport } = await open();
    await transport.take();
    const handedOver: Buffer[] = [];
    transport.onWrite = (bytes) => handedOver.push(bytes);
    transport.stall();
    for (const letter of 'abc') {
      connection.send('/q', letter);
      await turn();
    }
    expect(handedOver.map(String)).toEqual(
      [...'abc'].map((letter) => `SEND\ndestination:/q\ncontent-length:1\n\n${letter}\0`),
    );
    transport.unstall();
    connection.send('/q', 'd');
    await turn();
    expect(handedOver.slice(0, 3).filter((bytes) => bytes.buffer === handedOver[3]!.buffer)).toHaveLength(1);
  });
});

describe('back-pressure out', () => {
  const BODY = 'x'.repeat(65_536);

  it('send says false above 262,144 bytes; drain resolves when the socket has taken them', async () => {
    const { connection, transport } = await open();
    transport.stall();
    const answers = Array.from({ length: 6 }, () => connection.send('/q', BODY));
    expect(answers).toEqual([true, true, true, false, false, false]);
    expect(connection.stats()).toMatchObject({ unsentSends: 6, unsentBytes: 6 * (65_536 + 43) });
    const drained = connection.drain();
    await turn();
    expect(await stateOf(drained)).toBe('pending');
    transport.unstall();
    await drained;
    expect(connection.stats()).toMatchObject({ unsentSends: 0, unsentBytes: 0 });
    expect(connection.send('/q', BODY)).toBe(true);
    await connection.drain();
  });

  it('a loop that drains when it is told to leaves time for what comes in', async () => {
    await using broker = await Broker.start();
    const connection = await Connection.open({ host: '127.0.0.1', port: broker.port });
    let fired = 0;
    const timer = setInterval(() => fired++, 1);
    const body = Buffer.alloc(20_000, 'x');
    for (let i = 0; i < 5_000; i++) if (!connection.send('/topic/a', body)) await connection.drain();
    clearInterval(timer);
    expect(fired).toBeGreaterThan(5); // of 100 MB
    await connection.disconnect();
  });

  it('send throws STOMP_SEND_BUFFER_FULL past maxSendBufferBytes, at the byte', async () => {
    const { connection, transport } = await open({ maxSendBufferBytes: 100_000 });
    transport.stall();
    connection.send('/q', 'x'.repeat(65_536 - 43));
    const rest = 100_000 - 65_536;
    expect(thrownBy(() => connection.send('/q', 'y'.repeat(rest - 43 + 1))).code).toBe(
      'STOMP_SEND_BUFFER_FULL',
    );
    connection.send('/q', 'y'.repeat(rest - 43));
    expect(connection.stats().unsentBytes).toBe(100_000);
    expect(thrownBy(() => connection.send('/q')).code).toBe('STOMP_SEND_BUFFER_FULL');
    transport.unstall();
    await turn();
    expect(connection.send('/q')).toBe(true);
  });

  it('publish waits for drain instead, and keeps its order', async () => {
    const { connection, transport } = await open();
    transport.stall();
    for (let i = 0; i < 5; i++) connection.send('/q', BODY);
    await transport.take();
    const published = ['a', 'b', 'c'].map((body) => connection.publish('/q', body));
    expect(await transport.take()).toBe('');
    transport.unstall();
    const wire = await transport.take();
    expect(wire.match(/[abc]\0/g)).toEqual(['a\0', 'b\0', 'c\0']);
    transport.push('RECEIPT\nreceipt-id:1\n\n\0RECEIPT\nreceipt-id:2\n\n\0RECEIPT\nreceipt-id:3\n\n\0');
    await Promise.all(published);
  });

  it.each([
    ['loss', false],
    ['destroy', true],
  ])('drain and a publish that waits for it reject on %s', async (_, asked) => {
    const { connection, transport } = await open();
    transport.stall();
    for (let i = 0; i < 5; i++) connection.send('/q', BODY);
    await turn();
    const waiting = [connection.drain(), connection.publish('/q', 'never sent')].map(reasonOf);
    if (asked) connection.destroy();
    else transport.fail();
    for (const error of await Promise.all(waiting)) expect(error?.code).toBe('STOMP_CLOSED');
    expect(transport.written).not.toContain('never sent');
  });

  it('a publish that waits for drain can be aborted, and is then not sent', async () => {
    const { connection, transport } = await open();
    const controller = new AbortController();
    transport.stall();
    for (let i = 0; i < 5; i++) connection.send('/q', BODY);
    const published = reasonOf(connection.publish('/q', 'aborted', { signal: controller.signal }));
    await turn();
    controller.abort();
    expect((await published)?.code).toBe('STOMP_ABORTED');
    transport.unstall();
    expect(await transport.take()).not.toContain('aborted');
  });
});
