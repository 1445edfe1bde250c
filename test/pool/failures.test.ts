import { describe, expect, it } from 'vitest';
import { Failures } from '../../src/pool/failures.js';

const STABLE_MS = 5_000;

/** `d`: a dial failed; `y`: a connection died young; `s`: a stable one was lost. */
function after(what: string, hosts: number): Failures {
  const failures = new Failures(hosts, STABLE_MS);
  for (const each of what) {
    if (each === 'd') failures.dialFailed();
    else failures.connectionLost(each === 'y' ? STABLE_MS - 1 : STABLE_MS);
  }
  return failures;
}

describe('Failures', () => {
  it.each([
    // What happened, hosts, failures, steps of the delay.
    ['', 3, 0, 0],
    ['d', 3, 1, 1],
    ['ddddd', 3, 5, 5],
    ['sdd', 3, 2, 2],
    // Connections that die young: one step a round.
    ['y', 3, 1, 1],
    ['yyy', 3, 3, 1],
    ['yyyy', 3, 4, 2],
    ['yyyyyyy', 3, 7, 3],
    ['yyy', 1, 3, 3],
    ['yds', 3, 0, 0],
    ['yysy', 3, 1, 1],
    // A host is down and the others answer: the next one is not kept waiting.
    ['yyd', 3, 3, 1],
    ['yydy', 3, 4, 2],
    ['yydyyd', 3, 6, 1],
    ['yydyydy', 3, 7, 3],
    // Nobody answers any more: from a round after the last answer each dial counts.
    ['ydd', 3, 3, 1],
    ['yddd', 3, 4, 2],
    ['ydddd', 3, 5, 3],
    ['yyddd', 3, 5, 3],
    ['yddddyd', 3, 7, 1],
    ['yddddydy', 3, 8, 4],
    // All dials before a host answered count.
    ['dddy', 3, 4, 4],
    ['yd', 1, 2, 2],
    // A stable connection ends the round of the one before.
    ['ysdd', 3, 2, 2],
  ])('%s, of %i hosts: %i failures, %i steps', (what, hosts, count, steps) => {
    const failures = after(what, hosts);
    expect([failures.count, failures.steps]).toEqual([count, steps]);
  });
});
