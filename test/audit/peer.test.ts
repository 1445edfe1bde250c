import { once } from 'node:events';
import { connect } from 'node:net';
import { beforeAll, describe, expect, test } from 'vitest';
import { clientCases, runClientSuite } from '../../src/audit/peer/index.js';
import { runOurClient } from '../support/audit-client.js';
import { type ClientFault, clientFaults, faultyClient } from '../support/audit-faulty-client.js';

/** Silence is told from slowness by the clock: on a busy machine a suite may need a second run. */
const PATIENT = { retry: 2 };

describe('our own client', PATIENT, () => {
  test('passes every case', async () => {
    const { results } = await runClientSuite({
      drive: runOurClient,
      parallel: 8,
      quietMs: 60,
      patienceMs: 3_000,
    });
    const wrong = results.filter(({ verdict }) => verdict === 'fail' || verdict === 'not-supported');
    expect(wrong.map(({ id, observed, received }) => ({ id, observed, received }))).toEqual([]);
    expect(results).toHaveLength(clientCases.length);
  });
});

describe('a client written for these tests', PATIENT, () => {
  const QUICK = { parallel: 10, quietMs: 60, timeoutMs: 700, patienceMs: 900 };
  const look = async (
    faults: readonly ClientFault[],
    cases?: readonly string[],
  ): Promise<Map<string, string>> => {
    const { results } = await runClientSuite({ ...QUICK, drive: faultyClient(...faults), cases });
    return new Map(results.map(({ id, verdict, observed }) => [id, `${verdict}: ${observed}`]));
  };
  let sound: Map<string, string>;
  beforeAll(async () => {
    sound = await look([]);
  });
  const noticed = (faulty: ReadonlyMap<string, string>): string[] =>
    [...faulty].flatMap(([id, seen]) => (sound.get(id) === seen ? [] : [id])).sort();
  const names = Object.keys(clientFaults) as ClientFault[];

  test('fails in no case without a fault', () => {
    expect([...sound].filter(([, seen]) => /^(fail|not-supported)/.test(seen))).toEqual([]);
  });

  test.each(names)('that %s is found out by the cases for it', async (fault) => {
    expect(noticed(await look([fault], clientFaults[fault]))).toEqual([...clientFaults[fault]].sort());
  });

  // Those that show in the same cases, or hide each other, stand in different groups.
  const apart: readonly ClientFault[] = [
    'takes any answer for CONNECTED',
    'undoes escapes',
    'believes without RECEIPT',
    'stays on the first port',
    'headers in a plain object',
    'x-content-length is content-length',
  ];
  test.each([
    ['most of them', names.filter((fault) => !apart.includes(fault))],
    ['those that hide others', apart],
  ])('with planted faults (%s) is found out by no other case', async (_title, faults) => {
    const wanted = faults.flatMap((fault) => clientFaults[fault] as readonly string[]);
    const found = noticed(await look(faults));
    // What was seen in the crowd of all cases, on a busy machine, counts when it is seen again in peace.
    const unclear = [...new Set([...found, ...wanted])].filter(
      (id) => found.includes(id) !== wanted.includes(id),
    );
    const again = unclear.length === 0 ? [] : noticed(await look(faults, unclear));
    const sure = [...found.filter((id) => !unclear.includes(id)), ...again].sort();
    expect(sure.join(' ')).toBe([...new Set(wanted)].sort().join(' '));
  });
});

describe('the suite', PATIENT, () => {
  test('waits for whoever connects where it drives nobody, and tells which case is next', async () => {
    const order: string[] = [];
    const { results } = await runClientSuite({
      cases: ['read.plain', 'connect.frame'],
      quietMs: 30,
      onCase: (errand) => {
        order.push(errand.id);
        void runOurClient(errand).catch(() => undefined);
      },
    });
    expect(order).toEqual(['connect.frame', 'read.plain']);
    expect(results.map(({ verdict }) => verdict)).toEqual(['pass', 'pass']);
    expect(results[0]!.received).toMatch(/^CONNECT\\nlogin:me\\npasscode:\*\\n/);
  });

  test('fails the case of a client that does not connect', async () => {
    const { results } = await runClientSuite({ cases: ['connect.frame'], connectMs: 20 });
    expect(results).toMatchObject([{ verdict: 'fail', observed: 'the client did not connect' }]);
  });

  test('does not go on waiting when it is told to end', async () => {
    const ending = new AbortController();
    const { results } = await runClientSuite({
      cases: ['connect.silence'],
      ...{ connectMs: 600_000, timeoutMs: 600_000, patienceMs: 600_000, signal: ending.signal },
      onCase: () => setImmediate(() => ending.abort()),
    });
    expect(results).toEqual([]);
  });

  test('does not go on waiting for what a client should send when it is told to end', async () => {
    const ending = new AbortController();
    const { results } = await runClientSuite({
      cases: ['read.plain'],
      ...{ connectMs: 600_000, timeoutMs: 600_000, patienceMs: 600_000, signal: ending.signal },
      drive: async ({ port }) => {
        const socket = connect({ port, host: '127.0.0.1' });
        socket.on('error', () => undefined);
        await once(socket, 'connect');
        setImmediate(() => ending.abort());
        await once(socket, 'close');
      },
    });
    expect(results).toEqual([]);
  });

  test.each([
    [{ cases: ['none'] }, 'cases'],
    [{ connectMs: 0 }, 'connectMs'],
    [{ patienceMs: -1 }, 'patienceMs'],
    [{ parallel: 0 }, 'parallel'],
  ])('refuses %j', async (options, option) => {
    await expect(runClientSuite(options)).rejects.toMatchObject({ code: 'STOMP_CONFIG_INVALID', option });
  });
});
