import { beforeAll, describe, expect, test } from 'vitest';
import {
  type BrokerReport,
  type BrokerSuiteOptions,
  brokerCases,
  runBrokerSuite,
} from '../../src/audit/conformance/index.js';
import { brokerFaults, startFaultyBroker } from '../support/audit-broker.js';

const QUICK: BrokerSuiteOptions = { parallel: 32, quietMs: 60, timeoutMs: 600 };

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

describe('the cases', () => {
  test('are at least 80, each with an id of its own and a point of docs/protocol.md', () => {
    expect(brokerCases.length).toBeGreaterThanOrEqual(80);
    expect(new Set(brokerCases.map(({ id }) => id)).size).toBe(brokerCases.length);
    for (const { point } of brokerCases) expect(point).toMatch(/^P([1-9]|[1-3][0-9]|40)$/);
  });
});

describe('a sound broker', () => {
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
    const wanted = faults.flatMap((fault) => brokerFaults[fault]!.found);
    expect(noticed(await look(faults))).toEqual([...new Set(wanted)].sort());
  });
});
