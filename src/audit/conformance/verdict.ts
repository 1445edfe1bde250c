/**
 * - `pass`: as the specification has it.
 * - `fail`: against it.
 * - `dialect`: the specification leaves it open; what was observed is named.
 * - `not-supported`: something it says a server may do, or a case that does not apply here.
 */
export type Verdict = 'pass' | 'fail' | 'dialect' | 'not-supported';

/** What is thought of what was seen. */
export interface Judgement {
  readonly verdict: Verdict;
  /** What was seen, in words that stay the same from run to run. */
  readonly observed: string;
}

export const pass = (observed = 'as expected'): Judgement => ({ verdict: 'pass', observed });
export const fail = (observed: string): Judgement => ({ verdict: 'fail', observed });
export const dialect = (observed: string): Judgement => ({ verdict: 'dialect', observed });
export const notSupported = (observed: string): Judgement => ({ verdict: 'not-supported', observed });
/** `pass` where it holds, else `fail` with what was seen. */
export const demand = (holds: boolean, observed: string): Judgement => (holds ? pass() : fail(observed));
