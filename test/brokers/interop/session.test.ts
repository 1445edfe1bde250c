import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Broker } from '../../../src/broker/index.js';
import { runOurClient } from '../../support/audit-client.js';
import { freePort, type RawFrame, RawStomp } from '../rig/index.js';
import { type Sample, writeSamples } from './samples.js';
import { type Address, type Drive, Session } from './session.js';

/** Clients with planted faults, and a broker with one: what is held against whom. */

const PATIENCE_MS = 300;
const { samples, remove } = writeSamples();
const [text, , binary] = samples as [Sample, Sample, Sample, ...Sample[]];

interface Planted {
  /** What it takes a body for. */
  readonly read?: (body: Buffer) => Buffer;
  /** How it sends what it was told to send. */
  readonly send?: (client: RawStomp, destination: string, bytes: Buffer) => void;
  readonly obey?: (client: RawStomp) => void;
}

const honestly = (client: RawStomp, destination: string, body: Buffer) =>
  client.send('SEND', { destination, 'content-length': String(body.length) }, body);

/** A client of a few lines, on the same errand as the real ones. */
function planted({ read = (body) => body, send = honestly, obey }: Planted): Drive {
  return async ({ port, signal }, queues) => {
    const client = await RawStomp.connect({ port, login: 'me', passcode: 'secret' });
    signal.addEventListener('abort', () => client.close());
    client.send('SUBSCRIBE', { destination: `${queues}in`, id: '1' });
    const answer = ({ command, body }: RawFrame): void => {
      if (command !== 'MESSAGE') return;
      const known = samples.find(({ as, path }) => body.equals(Buffer.from(`${as} ${path}`)));
      const report = JSON.stringify({ body: read(body).toString('hex'), headers: [] });
      if (obey !== undefined) obey(client);
      else if (known !== undefined) send(client, `${queues}out`, known.bytes);
      else honestly(client, `${queues}out`, Buffer.from(report));
    };
    for (;;) answer(await client.receive(60_000));
  };
}

let broker: Broker;
let address: Address;
let session: Session | undefined;
const servers: Server[] = [];

beforeAll(async () => {
  broker = await Broker.start({ logins: { me: 'secret' } });
  address = { host: '127.0.0.1', port: broker.port, login: 'me', passcode: 'secret' };
});
afterEach(async () => {
  await session?.close();
  session = undefined;
});
afterAll(async () => {
  for (const server of servers) server.close();
  await broker.stop();
  remove();
});

async function withClient(drive: Drive, at = address): Promise<Session> {
  session = await Session.open(at, drive);
  return session;
}

describe('nothing is held', () => {
  test.each([
    ['our own', runOurClient],
    ['a few lines', planted({})],
  ])('against a client that is right: %s', async (_, drive) => {
    const one = await withClient(drive);
    for (const sample of samples) {
      const good = { good: sample.times, of: sample.times, fault: undefined };
      expect(await one.receives(sample, 5_000)).toEqual(good);
      expect(await one.sends(sample, 5_000)).toEqual(good);
    }
  });
});

describe('held against the client', () => {
  const shorter = (body: Buffer) => body.subarray(0, -1);

  test('a body that it reads wrongly', async () => {
    const one = await withClient(planted({ read: shorter }));
    expect((await one.receives(text, PATIENCE_MS)).fault).toEqual({
      text: `reads ${text.bytes.length - 1} bytes, one line\\nand...`,
      isTheClients: true,
    });
  });

  test('a body that it sends wrongly', async () => {
    const send: Planted['send'] = (client, destination, bytes) =>
      honestly(client, destination, shorter(bytes));
    const { fault } = await (await withClient(planted({ send }))).sends(text, PATIENCE_MS);
    expect(fault).toEqual({
      text: `sends ${text.bytes.length - 1} bytes, one line\\nand...`,
      isTheClients: true,
    });
  });

  test('NULs without a content-length', async () => {
    const send: Planted['send'] = (client, destination, bytes) => client.send('SEND', { destination }, bytes);
    const { fault } = await (await withClient(planted({ send }))).sends(binary, PATIENCE_MS);
    expect(fault).toEqual({ text: 'sends 0 bytes, "": without content-length', isTheClients: true });
  });

  test('silence', async () => {
    const one = await withClient(planted({ obey: () => undefined }));
    const silent = { text: 'says nothing', isTheClients: true };
    expect((await one.receives(text, PATIENCE_MS)).fault).toEqual(silent);
    expect((await one.sends(text, PATIENCE_MS)).fault).toEqual(silent);
  });

  test('its end', async () => {
    const one = await withClient(planted({ obey: (client) => client.close() }));
    const { fault } = await one.receives(text, 5_000);
    expect(fault).toEqual({ text: 'ends the connection', isTheClients: true });
  });
});

describe('not held against the client', () => {
  /** What comes from the broker goes through `pass`, which writes to the client. */
  async function between(pass: (data: Buffer, client: Socket) => void): Promise<Address> {
    const port = await freePort();
    const server = createServer((client) => {
      const real = connect({ host: address.host, port: address.port });
      client.pipe(real);
      real.on('data', (data: Buffer) => pass(data, client));
      for (const socket of [client, real]) socket.on('error', () => socket.destroy());
      client.on('close', () => real.destroy());
      real.on('close', () => client.destroy());
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return { ...address, port };
  }

  const distorting = (from: string, to: string): Promise<Address> =>
    between((data, client) =>
      client.write(Buffer.from(data.toString('latin1').replaceAll(from, to), 'latin1')),
    );

  test('a body that the broker has changed on its way to it', async () => {
    const one = await withClient(planted({}), await distorting('one line', 'ONE LINE'));
    const { fault } = await one.receives(text, PATIENCE_MS);
    expect(fault).toMatchObject({ isTheClients: false });
    expect(fault?.text).toContain('ONE LINE');
  });

  test('a body in which the broker ended the connection', async () => {
    const cutting = await between((data, client) => {
      const at = data.indexOf('one line');
      if (at < 0) client.write(data);
      else client.end(data.subarray(0, at + 3));
    });
    const { fault } = await (await withClient(planted({}), cutting)).receives(text, PATIENCE_MS);
    expect(fault).toEqual({ text: 'ends the connection', isTheClients: false });
  });

  test('a body that the broker has changed behind it', async () => {
    const one = await withClient(planted({}), await distorting('one line', 'ONE LINE'));
    const { fault } = await one.sends(text, PATIENCE_MS);
    expect(fault).toMatchObject({ isTheClients: false });
    expect(fault?.text).toContain('ONE LINE');
  });
});
