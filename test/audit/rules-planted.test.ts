import { describe, expect, test } from 'vitest';
import { audit } from '../../src/audit/auditor.js';
import { cleanTurns, PLANTED } from './support/planted.js';
import { talk } from './support/talk.js';

const lines = (turns: ReturnType<typeof cleanTurns>): string[] => turns.map(({ line }) => line);

describe('a clean conversation', () => {
  test('keeps all rules', () => {
    expect(audit(talk(lines(cleanTurns()))).findings).toEqual([]);
  });

  test('gets at least 20 faults, one at a time', () => {
    expect(new Set(PLANTED.map(([, rule]) => rule)).size).toBeGreaterThanOrEqual(20);
  });

  test.each(PLANTED)('%s: %s', (_, rule, change) => {
    const changed = lines(change(cleanTurns()));
    expect(changed).not.toEqual(lines(cleanTurns()));
    expect(audit(talk(changed)).findings.map((finding) => finding.rule)).toEqual([rule]);
  });
});
