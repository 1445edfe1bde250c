import { FrameError, StompError } from '../errors.js';
import type { Clock } from '../transport/clock.js';
import type { Publication } from './publication.js';

/** After so many connections that the broker ended under it, a publication is a suspect. */
const SUSPECT_AFTER = 3;
/** After so many on which it was alone, it may be refused. */
const REFUSE_AFTER = 3;

/** One that could be refused, and is kept, rests before it goes out again: this part of the time it was tried for, at most so long. */
const REST_SHARE = 0.25;
const MAX_REST_MS = 1_000;

/** What is known of a suspect when one more connection has ended under it alone. */
export interface Evidence {
  readonly strikesAlone: number;
  /** Since the first of those. */
  readonly forMs: number;
  /** A dial has failed since connections began to end under it: what lived on that broker may be what they end for. */
  readonly brokerIsDown: boolean;
  /** Another publication to its destination was confirmed meanwhile. */
  readonly destinationWorks: boolean;
}

/** Whether it is the message that ends connections, and not the state its destination is in (decision 0016). */
export function isGuilty(evidence: Evidence, refuseAfterMs: number): boolean {
  const { strikesAlone, forMs, brokerIsDown, destinationWorks } = evidence;
  if (strikesAlone < REFUSE_AFTER) return false;
  return destinationWorks || !brokerIsDown || forMs >= refuseAfterMs;
}

/** Finds the publication of which connections end. Hears of losses, and of nothing else while there is no suspect. */
export class Suspects {
  /** How many there are. While there are any, each publication goes out alone. */
  count = 0;
  readonly #refuseAfterMs: number;
  readonly #clock: Clock;
  #dialFailedAt = Number.NEGATIVE_INFINITY;
  /** Until then the one that is kept is not sent. */
  #restsUntil = Number.NEGATIVE_INFINITY;
  /** By destination: when a publication to it was confirmed last, while there were suspects. */
  readonly #confirmedAt = new Map<string, number>();

  constructor(refuseAfterMs: number, clock: Clock) {
    this.#refuseAfterMs = refuseAfterMs;
    this.#clock = clock;
  }

  /** How long the next one is not to be sent yet: where the reconnect law knows no delays it would end thousands. */
  get restMs(): number {
    return Math.max(0, this.#restsUntil - this.#clock.now());
  }

  dialFailed(): void {
    this.#dialFailedAt = this.#clock.now();
  }

  /** There are suspects, and this one is settled. */
  settled(publication: Publication): void {
    if (publication.isConfirmed) this.#confirmedAt.set(publication.destination, this.#clock.now());
    if (isSuspect(publication)) this.count--;
    if (this.count === 0) this.#confirmedAt.clear();
  }

  /** These were on the wire when a connection was lost. Gives the one to refuse. */
  lost(returned: readonly Publication[]): Publication | undefined {
    const now = this.#clock.now();
    const struck = returned.filter(({ cause }) => cause !== undefined && isByBroker(cause));
    for (const publication of struck) {
      publication.strikes ??= { total: 0, alone: 0, since: now, aloneSince: undefined };
      publication.strikes.total++;
    }
    const [alone] = struck;
    if (alone?.strikes === undefined || this.count === 0 || returned.length > 1) return undefined;
    const { strikes, destination } = alone;
    strikes.alone++;
    strikes.aloneSince ??= now;
    const evidence: Evidence = {
      strikesAlone: strikes.alone,
      forMs: now - strikes.aloneSince,
      brokerIsDown: this.#dialFailedAt >= strikes.since,
      destinationWorks: (this.#confirmedAt.get(destination) ?? Number.NEGATIVE_INFINITY) >= strikes.since,
    };
    if (isGuilty(evidence, this.#refuseAfterMs)) return alone;
    const { strikesAlone, forMs } = evidence;
    if (strikesAlone >= REFUSE_AFTER)
      this.#restsUntil = now + Math.min(MAX_REST_MS, REST_SHARE * forMs, this.#refuseAfterMs - forMs);
    return undefined;
  }

  /** Counts them anew. */
  recount(publications: Iterable<Publication>): void {
    this.count = 0;
    for (const publication of publications) if (isSuspect(publication)) this.count++;
    if (this.count === 0) this.#confirmedAt.clear();
  }
}

function isSuspect({ strikes }: Publication): boolean {
  return strikes !== undefined && strikes.total >= SUSPECT_AFTER;
}

/** What we gave up or could not read ourselves says nothing of what was under way. */
function isByBroker(cause: StompError): boolean {
  const reason = cause.cause instanceof StompError ? cause.cause : cause;
  return reason instanceof FrameError
    ? reason.code === 'STOMP_FRAME_TRUNCATED'
    : reason.code !== 'STOMP_NO_ANSWER';
}
