import { beforeAll, describe, expect, test, vi } from 'vitest';
import {
  type BrokerReport,
  type BrokerSuiteOptions,
  brokerCases,
  runBrokerSuite,
  type SuiteClock,
} from '../../src/audit/conformance/index.js';
import { Broker } from '../../src/broker/index.js';
import { brokerFaults, startFaultyBroker } from '../support/audit-broker.js';

/** Silence is told from slowness by the clock: on a busy machine a suite may need a second run. */
const PATIENT = { retry: 2 };

const QUICK: BrokerSuiteOptions = { parallel: 24, quietMs: 80, timeoutMs: 1_000, patienceMs: 200 };

/** The system's clock, and a promise for a wait that is as long as this. */
function watchful(waitMs: number): { clock: SuiteClock; waits: Promise<void> } {
  let tell = (): void => undefined;
  const waits = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const schedule = (delayMs: number, callback: () => void): (() => void) => {
    if (delayMs === waitMs) tell();
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  };
  return { clock: { now: () => performance.now(), schedule }, waits };
}

async function look(faults: readonly string[], options: BrokerSuiteOptions = {}): Promise<BrokerReport> {
  const broker = await startFaultyBroker(...faults);
  try {
    return await runBrokerSuite(
      { port: broker.port, login: 'me', passcode: 'secret' },
      { ...QUICK, ...options },
    );
  } finally {
    await broker.stop();
  }
}

const named = ({ results }: BrokerReport): ReadonlyMap<string, string> =>
  new Map(results.map(({ id, verdict, observed }) => [id, `${verdict}: ${observed}`]));

describe('the cases', PATIENT, () => {
  test('are at least 80, each with an id of its own and a point of docs/protocol.md', () => {
    expect(brokerCases.length).toBeGreaterThanOrEqual(80);
    expect(new Set(brokerCases.map(({ id }) => id)).size).toBe(brokerCases.length);
    for (const { point } of brokerCases) expect(point).toMatch(/^P([1-9]|[1-3][0-9]|40)$/);
  });
});

describe('a sound broker', PATIENT, () => {
  let report: BrokerReport;
  beforeAll(async () => {
    report = await look([]);
  });

  test('fails in no case', () => {
    const failed = report.results.filter(({ verdict }) => verdict === 'fail');
    expect(failed.map(({ id, observed, received }) => ({ id, observed, received }))).toEqual([]);
    expect(report.results.map(({ id }) => id)).toEqual(brokerCases.map(({ id }) => id));
  });

  /** What differs from the sound broker. */
  const noticed = (faulty: BrokerReport): string[] => {
    const sound = named(report);
    return [...named(faulty)].flatMap(([id, seen]) => (sound.get(id) === seen ? [] : [id])).sort();
  };

  describe('with a planted fault is found out by the case for it', () => {
    test('of which there are at least 20', () => {
      expect(Object.keys(brokerFaults).length).toBeGreaterThanOrEqual(20);
    });

    test.each(Object.entries(brokerFaults))('%s', async (fault, { found }) => {
      expect(noticed(await look([fault], { cases: found }))).toEqual([...found].sort());
    });
  });

  // Those that show in the same cases stand in different groups.
  const overlapping = 'SEND in a transaction leaves at once';
  test.each([
    ['all others', Object.keys(brokerFaults).filter((fault) => fault !== overlapping)],
    [overlapping, [overlapping]],
  ])('with planted faults (%s) is found out by no other case', async (_title, faults) => {
    const wanted = [...new Set(faults.flatMap((fault) => brokerFaults[fault]!.found))].sort();
    const found = noticed(await look(faults));
    // What was seen in the crowd of all cases, on a busy machine, counts when it is seen again in peace.
    const unclear = [...new Set([...found, ...wanted])].filter(
      (id) => found.includes(id) !== wanted.includes(id),
    );
    const again = unclear.length === 0 ? [] : noticed(await look(faults, { cases: unclear, parallel: 1 }));
    const sure = [...found.filter((id) => !unclear.includes(id)), ...again].sort();
    expect(sure).toEqual(wanted);
  });
});

describe('the suite', PATIENT, () => {
  test.each([
    [{ cases: ['connect'] }, 'cases'],
    [{ cases: ['none.'] }, 'cases'],
    [{ timeoutMs: 0 }, 'timeoutMs'],
    [{ quietMs: -1 }, 'quietMs'],
    [{ caseTimeoutMs: Number.NaN }, 'caseTimeoutMs'],
    [{ patienceMs: 0 }, 'patienceMs'],
    [{ parallel: 1.5 }, 'parallel'],
  ])('refuses %j', async (options, option) => {
    const wrong = { code: 'STOMP_CONFIG_INVALID', option };
    await expect(runBrokerSuite({ port: 1 }, options)).rejects.toMatchObject(wrong);
  });

  test('says so when there is no broker', async () => {
    const broker = await startFaultyBroker();
    await broker.stop();
    await expect(runBrokerSuite({ port: broker.port })).rejects.toMatchObject({
      code: 'STOMP_CONNECT_FAILED',
    });
  });

  test('says so when it is not let in', async () => {
    const broker = await startFaultyBroker();
    const target = { port: broker.port, login: 'me', passcode: 'wrong' };
    await expect(runBrokerSuite(target)).rejects.toMatchObject({ code: 'STOMP_CONNECT_REFUSED' });
    await broker.stop();
  });

  test('gives each result as it comes, with bytes, and without the passcode', async () => {
    const seen: string[] = [];
    const { results, counts } = await look([], {
      cases: ['connect.connected', 'message.id-client'],
      onResult: ({ id }) => seen.push(id),
    });
    expect(seen.sort()).toEqual(['connect.connected', 'message.id-client']);
    expect(counts).toMatchObject({ pass: 2, fail: 0 });
    expect(results[0]!.received).toMatch(/^CONNECTED/);
    const passed = results[0]!.transcript[0]?.passed ?? [];
    expect(passed[0]?.bytes.toString()).toBe('CONNECT\nlogin:me\npasscode:******\n\n\0');
    expect(passed.map(({ bytes }) => bytes.toString()).join('')).not.toContain('secret');
    expect(results[1]!.drained).toBe(1);
  });

  test('leaves nothing in the queues', async () => {
    await using broker = await Broker.start();
    await runBrokerSuite({ port: broker.port }, { ...QUICK, cases: ['ack.', 'receipt.', 'send.'] });
    const left = Object.entries(broker.store.queues()).filter(
      ([, { waiting, unacknowledged }]) => waiting + unacknowledged > 0,
    );
    expect(left).toEqual([]);
  });

  test('ends early when it is told to', async () => {
    const ending = new AbortController();
    const { results } = await look([], {
      parallel: 1,
      signal: ending.signal,
      onResult: () => ending.abort(),
    });
    expect(results).toHaveLength(1);
  });

  test.each([
    ['for an answer', 'frame.shape', 600_000],
    ['for the broker to lose patience', 'connect.idle', 700_000],
  ])('does not go on waiting %s when it is told to end', async (_title, id, waitMs) => {
    await using broker = await Broker.start({ faults: { dropReceipts: true } });
    const { clock, waits } = watchful(waitMs);
    const ending = new AbortController();
    const patience = { timeoutMs: 600_000, patienceMs: 700_000, caseTimeoutMs: 900_000 };
    const looking = runBrokerSuite(
      { port: broker.port },
      { ...patience, cases: [id], signal: ending.signal, clock },
    );
    await waits;
    ending.abort();
    expect((await looking).results).toEqual([]);
  });

  test('puts few listeners on a signal, however many wait, and takes them back', async () => {
    await using broker = await Broker.start();
    const { signal } = new AbortController();
    const [add, remove] = [vi.spyOn(signal, 'addEventListener'), vi.spyOn(signal, 'removeEventListener')];
    await runBrokerSuite({ port: broker.port }, { ...QUICK, cases: ['receipt.', 'connect.'], signal });
    expect(add.mock.calls.length).toBeLessThan(5);
    expect(remove.mock.calls.length).toBe(add.mock.calls.length);
  });

  test('does nothing when it is told to end before', async () => {
    const options = { signal: AbortSignal.abort() };
    expect(await runBrokerSuite({ port: 1 }, options)).toMatchObject({ server: undefined, results: [] });
  });

  test('cleans up when it is told to end in the middle of a case', async () => {
    await using broker = await Broker.start();
    const ending = new AbortController();
    const looking = runBrokerSuite(
      { port: broker.port },
      { cases: ['ack.missing'], signal: ending.signal, quietMs: 200 },
    );
    await broker.waitFor(({ command }) => command === 'SUBSCRIBE');
    await broker.waitFor(({ command }) => command === 'SEND');
    ending.abort();
    expect((await looking).results).toEqual([]);
    expect(Object.values(broker.store.queues()).filter(({ waiting }) => waiting > 0)).toEqual([]);
  });
});
