import { describe, expect, test } from 'vitest';
import { clientCases, runClientSuite } from '../../src/audit/peer/index.js';
import { runOurClient } from '../support/audit-client.js';

describe('our own client', () => {
  test('passes every case', async () => {
    const { results } = await runClientSuite({
      drive: runOurClient,
      parallel: 16,
      quietMs: 60,
      patienceMs: 1_500,
    });
    const wrong = results.filter(({ verdict }) => verdict === 'fail' || verdict === 'not-supported');
    if (process.env['SHOW'])
      for (const r of results)
        console.log(`${r.id.padEnd(26)} ${r.verdict.padEnd(12)} ${Math.round(r.durationMs)} ${r.observed}`);
    expect(wrong.map(({ id, observed, received }) => ({ id, observed, received }))).toEqual([]);
    expect(results).toHaveLength(clientCases.length);
  });
});
