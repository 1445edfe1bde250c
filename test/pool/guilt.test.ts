import { describe, expect, it } from 'vitest';
import { type Evidence, isGuilty } from '../../src/pool/suspects.js';

const LIMIT = 30_000;
const SOON = 600;

describe('whether a publication is refused for the connections that ended under it', () => {
  const rows: Array<[string, Evidence, boolean]> = [];
  const row = (
    what: string,
    strikesAlone: number,
    forMs: number,
    state: Partial<Pick<Evidence, 'brokerIsDown' | 'destinationWorks'>>,
    guilty: boolean,
  ) =>
    rows.push([
      what,
      { strikesAlone, forMs, brokerIsDown: false, destinationWorks: false, ...state },
      guilty,
    ]);
  row('two alone', 2, SOON, {}, false);
  row('two alone, for however long', 2, 10 * LIMIT, { brokerIsDown: true, destinationWorks: true }, false);
  row('three alone, and every broker can be reached', 3, SOON, {}, true);
  row('three alone, and a broker is down', 3, SOON, { brokerIsDown: true }, false);
  row('many alone, and a broker is down', 50, LIMIT - 1, { brokerIsDown: true }, false);
  row('for as long as that may take', 3, LIMIT, { brokerIsDown: true }, true);
  row(
    'a broker is down, and its destination works',
    3,
    0,
    { brokerIsDown: true, destinationWorks: true },
    true,
  );

  it.each(rows)('%s', (_, evidence, guilty) => {
    expect(isGuilty(evidence, LIMIT)).toBe(guilty);
  });

  it('0 asks for no time, Infinity for all of it', () => {
    const evidence = { strikesAlone: 3, forMs: 0, brokerIsDown: true, destinationWorks: false };
    expect(isGuilty(evidence, 0)).toBe(true);
    expect(isGuilty({ ...evidence, forMs: 1e12 }, Number.POSITIVE_INFINITY)).toBe(false);
  });
});
