import type { SuiteClock } from '../conformance/clock.js';
import type { CaseTranscript, Section } from '../conformance/types.js';
import type { Judgement, Verdict } from '../conformance/verdict.js';
import type { ListenTls } from '../socket.js';
import type { ClientSeen } from './seen.js';

export type Port = 'first' | 'second';

/**
 * One thing the suite does as a broker. `as` names a connection in the order of the case. Text is latin1, with places
 * to fill in: `{destination}` and `{subscription}` of the client's SUBSCRIBE (`{subscription}` is a whole header line,
 * or nothing where the client gave no id).
 */
export type PeerStep =
  | { readonly do: 'accept'; readonly as: string; readonly on?: Port; readonly again?: true }
  | { readonly do: 'await'; readonly as: string; readonly command: string; readonly count?: number }
  | { readonly do: 'told'; readonly as: string; readonly body: string }
  | { readonly do: 'write'; readonly as: string; readonly bytes: string; readonly pieces?: readonly number[] }
  | { readonly do: 'receipts'; readonly as: string; readonly mode: 'at-once' | 'held' }
  | { readonly do: 'release'; readonly as: string; readonly order: readonly number[] }
  | { readonly do: 'ended'; readonly as: string }
  /** From now on, every CONNECT on the first port gets these bytes, and then that. */
  | { readonly do: 'refuse'; readonly bytes: string; readonly then: 'finish' | 'cut' | 'keep' }
  | { readonly do: 'pause'; readonly times?: number }
  | { readonly do: 'cut' | 'finish'; readonly as: string }
  /** The first port is closed: nobody can connect to it any more. */
  | { readonly do: 'die' };

/** One case of the suite for clients. */
export interface ClientCase {
  readonly id: string;
  readonly point: string;
  readonly section: Section;
  readonly title: string;
  readonly expected: string;
  readonly steps: readonly PeerStep[];
  readonly judge: (seen: ClientSeen) => Judgement;
}

/** Where the client under test has to connect to, for one case. */
export interface ClientErrand {
  readonly id: string;
  readonly title: string;
  readonly host: string;
  readonly port: number;
  /** The second broker of a client that can do failover. */
  readonly secondPort: number;
  /** Aborted when the case is over: the client may be ended. */
  readonly signal: AbortSignal;
}

/** How the suite runs. */
export interface ClientSuiteOptions {
  /** Default 127.0.0.1. */
  readonly host?: string | undefined;
  /** Default 0, which takes free ones, which the errand tells. */
  readonly port?: number | undefined;
  readonly secondPort?: number | undefined;
  readonly tls?: ListenTls | undefined;
  readonly cases?: readonly string[] | undefined;
  /**
   * Makes the client connect and do its errand (docs/conformance.md). Without it the suite waits for whoever connects:
   * one case after the other, told by `onCase`.
   */
  readonly drive?: ((errand: ClientErrand) => Promise<void> | void) | undefined;
  readonly onCase?: ((errand: ClientErrand) => void) | undefined;
  readonly onResult?: ((result: ClientCaseResult) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: SuiteClock | undefined;
  /** How long a client may take to connect. Default 15,000. */
  readonly connectMs?: number | undefined;
  /** How long it may take to answer. Default 1,500. */
  readonly timeoutMs?: number | undefined;
  /** How long nothing has to come before that counts as silence. Default 150. */
  readonly quietMs?: number | undefined;
  /** How long it may take to come to the second port, or to give up. Default 4,000. */
  readonly patienceMs?: number | undefined;
  /** How many cases run side by side, on ports of their own. Default 1. */
  readonly parallel?: number | undefined;
}

/** What came of one case. */
export interface ClientCaseResult extends Judgement {
  readonly id: string;
  readonly point: string;
  readonly section: Section;
  readonly title: string;
  readonly expected: string;
  /** The frames that the client sent, as text with escapes. Passcodes are `*`. */
  readonly received: string;
  readonly transcript: readonly CaseTranscript[];
  readonly durationMs: number;
}

/** What came of a run. */
export interface ClientReport {
  readonly results: readonly ClientCaseResult[];
  readonly counts: Readonly<Record<Verdict, number>>;
}
