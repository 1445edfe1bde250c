import { getEventListeners } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { SessionError, type StompError, TransportError } from '../../src/errors.js';
import type { ConnectionOptions } from '../../src/transport/options.js';
import { CONNECTED, type ScriptedTransport } from '../support/scripted-transport.js';
import { turn } from '../support/virtual-clock.js';
import { dial, reasonOf, recorder } from './support.js';

const LOGIN = { login: 'me', passcode: 'S3NTINEL' };

/** Dials, lets the broker do its worst, and checks that nothing is left of it. */
async function failBy(
  trouble: (transport: ScriptedTransport) => unknown,
  options: ConnectionOptions = {},
): Promise<StompError> {
  const { observer, of } = recorder(['onConnectFail', 'onConnected', 'onDisconnect']);
  const { opening, dials, clock } = dial(LOGIN, { observer, ...options });
  const transport = await dials.next();
  transport.open();
  await turn();
  trouble(transport);
  const error = await reasonOf(opening);
  expect(transport.destroyed).toBe(true);
  expect(clock.pending).toEqual([]);
  expect(of('onConnectFail')).toEqual([{ endpoint: 'stomp://broker.example:61613', attempt: 1, error }]);
  expect([...of('onConnected'), ...of('onDisconnect')]).toEqual([]);
  expect(error!.message).not.toContain('S3NTINEL');
  return error!;
}

describe('P21: each answer but CONNECTED fails with its own code', () => {
  const tlsAlert = '\x15\x03\x03\x00\x02\x02\n';
  it.each<[string, (t: ScriptedTransport) => unknown, string]>([
    ['ERROR on CONNECT', (t) => t.push('ERROR\nmessage:Bad CONNECT\n\nno\0'), 'STOMP_CONNECT_REFUSED'],
    ['EOF before CONNECTED', (t) => t.finish(), 'STOMP_CONNECT_CLOSED'],
    ['a reset before CONNECTED', (t) => t.fail(new Error('ECONNRESET')), 'STOMP_CONNECT_CLOSED'],
    ['EOF within CONNECTED', (t) => [t.push('CONNECTED\nsess'), t.finish()], 'STOMP_FRAME_TRUNCATED'],
    ['MESSAGE first', (t) => t.push('MESSAGE\n\nhello\0'), 'STOMP_UNEXPECTED_FRAME'],
    ['RECEIPT first', (t) => t.push('RECEIPT\nreceipt-id:1\n\n\0'), 'STOMP_UNEXPECTED_FRAME'],
    ['lower case', (t) => t.push('connected\n\n\0'), 'STOMP_UNEXPECTED_FRAME'],
    ['a TLS alert', (t) => t.push(tlsAlert), 'STOMP_FRAME_NOT_STOMP'],
    ['an HTTP server', (t) => t.push('HTTP/1.1 400 Bad Request\r\n\r\n'), 'STOMP_FRAME_NOT_STOMP'],
    ['CONNECTED behind ERROR', (t) => t.push('ERROR\n\n\0', CONNECTED), 'STOMP_CONNECT_REFUSED'],
    ['ERROR and CONNECTED at once', (t) => t.push(`ERROR\n\n\0\n${CONNECTED}`), 'STOMP_CONNECT_REFUSED'],
    ['ERROR, then not STOMP', (t) => t.push('ERROR\n\n\0\x15'), 'STOMP_CONNECT_REFUSED'],
  ])('%s', async (_, trouble, code) => {
    expect((await failBy(trouble)).code).toBe(code);
  });

  it('the refusal carries the frame and quotes it', async () => {
    const error = await failBy((t) => t.push('ERROR\nmessage:Bad CONNECT\n\nAccess refused for user me\n\0'));
    expect(error).toBeInstanceOf(SessionError);
    expect(error.message).toBe(
      'stomp://broker.example:61613 answered ERROR: Bad CONNECT: Access refused for user me',
    );
    const { frame } = error as SessionError;
    expect(frame!.command).toBe('ERROR');
    expect(String(frame!.body)).toBe('Access refused for user me\n');
  });

  it('the pipe that cannot be opened fails with what the dial says, or as STOMP_CONNECT_FAILED', async () => {
    const refused = new TransportError('STOMP_TLS_FAILED', 'stomp://broker.example:61613', 'no');
    for (const [given, code] of [
      [refused, 'STOMP_TLS_FAILED'],
      [new Error('ECONNREFUSED'), 'STOMP_CONNECT_FAILED'],
      [undefined, 'STOMP_CONNECT_FAILED'],
    ] as const) {
      const { opening, dials, clock } = dial();
      (await dials.next()).fail(given);
      expect((await reasonOf(opening))?.code).toBe(code);
      expect(clock.pending).toEqual([]);
    }
  });
});

describe('P21: silence ends the dial when its time is over', () => {
  const never = () => new Promise<string>(() => {});
  it.each([
    ['while the passcode is waited for', never, undefined, /waiting for the passcode/],
    ['while TCP is opened', 'p', undefined, /opening TCP$/],
    ['while TLS is opened', 'p', true, /opening TCP and TLS$/],
  ])('%s', async (_, passcode, tls, phase) => {
    const { opening, dials, clock } = dial({ login: 'me', passcode, tls }, { connectTimeoutMs: 500 });
    await clock.advance(499);
    expect(clock.pending).toHaveLength(1);
    await clock.advance(1);
    const error = await reasonOf(opening);
    expect(error?.code).toBe('STOMP_CONNECT_TIMEOUT');
    expect(error?.message).toMatch(phase);
    expect(clock.pending).toEqual([]);
    expect(dials.transports.every(({ destroyed }) => destroyed)).toBe(true);
  });

  it('while CONNECTED is waited for, also when it comes in drops', async () => {
    const { opening, dials, clock } = dial({}, { connectTimeoutMs: 500 });
    const transport = await dials.next();
    await clock.advance(300);
    transport.open();
    await clock.advance(100);
    transport.push('CONNEC');
    await clock.advance(99);
    transport.push('TED\n');
    expect(transport.destroyed).toBe(false);
    await clock.advance(1);
    const error = await reasonOf(opening);
    expect(error?.message).toBe(
      'stomp://broker.example:61613: no connection within 500 ms; it ended waiting for CONNECTED',
    );
    expect(transport.destroyed).toBe(true);
    expect(clock.pending).toEqual([]);
  });

  it('the passcode that comes too late opens no pipe', async () => {
    let give!: (passcode: string) => void;
    const passcode = () => new Promise<string>((resolve) => (give = resolve));
    const { opening, dials, clock } = dial({ login: 'me', passcode });
    await clock.advance(30_000);
    expect((await reasonOf(opening))?.code).toBe('STOMP_CONNECT_TIMEOUT');
    give('late');
    await turn();
    expect(dials.transports).toEqual([]);
  });
});

describe('a passcode function', () => {
  it.each<[string, () => unknown]>([
    [
      'that throws',
      () => {
        throw new Error('vault is sealed');
      },
    ],
    ['that rejects', async () => Promise.reject(new Error('vault is sealed'))],
    ['that gives nothing', () => undefined],
    ['that gives a number', () => 4711],
    ['that gives null later', async () => null],
  ])('%s fails the dial, and nothing is dialled', async (_, passcode) => {
    const { opening, dials, clock } = dial({ login: 'me', passcode: passcode as () => string });
    const error = await reasonOf(opening);
    expect(error?.code).toBe('STOMP_CONNECT_FAILED');
    expect(error?.message).toMatch(/the function that gives the passcode failed$/);
    expect(error?.cause).toBeInstanceOf(Error);
    expect(dials.transports).toEqual([]);
    expect(clock.pending).toEqual([]);
  });

  it('that gives a line break fails the dial without showing it', async () => {
    const { opening, dials, clock } = dial({ login: 'me', passcode: () => 'S3NTINEL\nhost:evil' });
    const transport = await dials.next();
    transport.open();
    const error = await reasonOf(opening);
    expect(error?.code).toBe('STOMP_FRAME_BAD_HEADER');
    expect(error?.message).not.toContain('S3NTINEL');
    expect(transport.writes).toEqual([]);
    expect(transport.destroyed).toBe(true);
    expect(clock.pending).toEqual([]);
  });
});

describe('abort by the signal at each moment', () => {
  const reason = new Error('enough');

  it('before the dial', async () => {
    const { opening, dials, clock } = dial({}, { signal: AbortSignal.abort(reason) });
    const error = await reasonOf(opening);
    expect(error).toMatchObject({ code: 'STOMP_ABORTED', cause: reason });
    expect(dials.transports).toEqual([]);
    expect(clock.pending).toEqual([]);
  });

  it.each<[string, (transport: ScriptedTransport | undefined) => unknown]>([
    ['while the passcode is waited for', () => {}],
    ['while TCP is opened', () => {}],
    ['while CONNECTED is waited for', (t) => t?.open()],
    ['within CONNECTED', (t) => [t?.open(), t?.push('CONNECTED\nses')]],
  ])('%s', async (moment, reach) => {
    const controller = new AbortController();
    const passcode = moment.includes('passcode') ? () => new Promise<string>(() => {}) : 'p';
    const { opening, dials, clock } = dial({ login: 'me', passcode }, { signal: controller.signal });
    await turn();
    reach(dials.transports[0]);
    await turn();
    controller.abort(reason);
    expect(await reasonOf(opening)).toMatchObject({ code: 'STOMP_ABORTED', cause: reason });
    expect(dials.transports.every(({ destroyed }) => destroyed)).toBe(true);
    expect(clock.pending).toEqual([]);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('in the very turn of CONNECTED', async () => {
    const controller = new AbortController();
    const { opening, dials, clock } = dial({}, { signal: controller.signal });
    const transport = await dials.next();
    transport.open();
    transport.push(CONNECTED);
    controller.abort(reason);
    const connection = await opening;
    expect(await connection.closed).toMatchObject({ code: 'STOMP_ABORTED', cause: reason });
    expect(transport.destroyed).toBe(true);
    expect(clock.pending).toEqual([]);
  });

  it('after CONNECTED it ends the connection and what waits for it', async () => {
    const controller = new AbortController();
    const { opening, dials, clock } = dial({}, { signal: controller.signal });
    const transport = await dials.next();
    transport.open();
    transport.push(CONNECTED);
    const connection = await opening;
    const published = reasonOf(connection.publish('/queue/a', 'x'));
    controller.abort(reason);
    expect(await connection.closed).toMatchObject({ code: 'STOMP_ABORTED', cause: reason });
    expect(await published).toMatchObject({
      code: 'STOMP_OUTCOME_UNKNOWN',
      cause: { code: 'STOMP_ABORTED' },
    });
    expect(transport.destroyed).toBe(true);
    expect(clock.pending).toEqual([]);
  });

  it('after a failed dial nobody listens to the signal', async () => {
    const { signal } = new AbortController();
    const { opening, dials } = dial({}, { signal });
    (await dials.next()).fail();
    await reasonOf(opening);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

it('what fails after CONNECTED fails no dial', async () => {
  const onConnectFail = vi.fn();
  const { opening, dials } = dial({}, { observer: { onConnectFail } });
  const transport = await dials.next();
  transport.open();
  transport.push(`${CONNECTED}\x15`);
  const connection = await opening;
  const error = await connection.closed;
  expect(error).toMatchObject({ code: 'STOMP_CONNECTION_LOST', cause: { code: 'STOMP_FRAME_NOT_STOMP' } });
  expect(onConnectFail).not.toHaveBeenCalled();
});
