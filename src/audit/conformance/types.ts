import type { DialTls } from '../socket.js';
import type { SuiteClock } from './clock.js';
import type { Passed } from './conversation.js';
import type { Seen } from './seen.js';
import type { Judgement, Verdict } from './verdict.js';

/** The sections of the specification of STOMP 1.0, and two of our own for what it does not have. */
export type Section =
  | 'CONNECT'
  | 'SEND'
  | 'SUBSCRIBE'
  | 'UNSUBSCRIBE'
  | 'BEGIN'
  | 'COMMIT'
  | 'ACK'
  | 'ABORT'
  | 'DISCONNECT'
  | 'Receipt'
  | 'MESSAGE'
  | 'RECEIPT'
  | 'ERROR'
  | 'Augmented BNF'
  | 'Limits'
  | 'Extensions';

/** What a step waits for. The end of the connection and the time-out end the waiting too. */
export type Want =
  | { readonly answer: string }
  | { readonly receipt: string }
  | { readonly messages: number }
  | { readonly body: string }
  | { readonly first: true }
  | { readonly end: true };

/**
 * One thing a case does. `as` names the connection. Text is latin1, a character a byte, with places to fill in:
 * `{q}` `{q2}` a queue, `{t}` a topic, `{nowhere}` a topic without subscribers, `{r}` a name of this case, `{login}`,
 * `{passcode}`, `{connect}` the whole CONNECT, `{more}` headers that every CONNECT needs, `{id a 0}` and `{id a last}`
 * the message-id of a MESSAGE on connection `a`, `{header a reply-to}` a header of its first MESSAGE.
 */
export type Step =
  | { readonly do: 'dial'; readonly as: string; readonly plain?: true }
  | { readonly do: 'login'; readonly as: string }
  | { readonly do: 'write'; readonly as: string; readonly bytes: string; readonly pieces?: readonly number[] }
  | { readonly do: 'await'; readonly as: string; readonly want: Want; readonly mayFail?: true }
  | { readonly do: 'quiet'; readonly as: string; readonly times?: number }
  | { readonly do: 'pause'; readonly times?: number }
  | { readonly do: 'probe'; readonly as: string }
  | { readonly do: 'linger'; readonly as: string }
  | { readonly do: 'mark'; readonly as: string }
  | { readonly do: 'hold' | 'release' | 'cut'; readonly as: string };

/** One case of the suite for brokers. */
export interface BrokerCase {
  readonly id: string;
  /** The point of docs/protocol.md, such as `P8`. */
  readonly point: string;
  readonly section: Section;
  readonly title: string;
  /** What the specification has the broker do, as bytes where it says so. */
  readonly expected: string;
  readonly steps: readonly Step[];
  readonly judge: (seen: Seen) => Judgement;
  /** It lingers: waits for `patienceMs`, beside all others. */
  readonly patient?: true;
}

/** The broker to be looked at. */
export interface BrokerTarget {
  /** Default 127.0.0.1. */
  readonly host?: string | undefined;
  readonly port: number;
  readonly login?: string | undefined;
  readonly passcode?: string | undefined;
  /** Speak TLS. */
  readonly tls?: DialTls | undefined;
  /** Headers that every CONNECT needs here, such as `host` for a virtual host of RabbitMQ. */
  readonly connectHeaders?: Readonly<Record<string, string>> | undefined;
  /** What a queue's name begins with. Default `/queue/`. */
  readonly queues?: string | undefined;
  /** What a topic's name begins with. Default `/topic/`. */
  readonly topics?: string | undefined;
}

/** How the suite runs. */
export interface BrokerSuiteOptions {
  /** Ids of the cases to run, or the beginnings of ids that end with a dot. Default all. */
  readonly cases?: readonly string[] | undefined;
  readonly onResult?: ((result: BrokerCaseResult) => void) | undefined;
  /** Ends the run; what is not done by then is left out. */
  readonly signal?: AbortSignal | undefined;
  readonly clock?: SuiteClock | undefined;
  /** How long an answer may take. Default 1,500. */
  readonly timeoutMs?: number | undefined;
  /** How long nothing has to come before that counts as silence. Default 150. */
  readonly quietMs?: number | undefined;
  /** How long one case may take, its clean-up not counted. Default 20,000. */
  readonly caseTimeoutMs?: number | undefined;
  /** How long the broker may take to end a connection of which it hears nothing. Default 35,000. */
  readonly patienceMs?: number | undefined;
  /** How many cases run side by side, those apart that wait for `patienceMs`. Default 1. */
  readonly parallel?: number | undefined;
}

/** What passed on one connection of a case. Passcodes are `*`. */
export interface CaseTranscript {
  readonly connection: string;
  readonly passed: readonly Passed[];
}

/** What came of one case. */
export interface BrokerCaseResult extends Judgement {
  readonly id: string;
  readonly point: string;
  readonly section: Section;
  readonly title: string;
  readonly expected: string;
  /** The bytes that the verdict is about, as text with escapes. */
  readonly received: string;
  readonly transcript: readonly CaseTranscript[];
  readonly durationMs: number;
  /** Messages that were read away behind the case. */
  readonly drained: number;
}

/** What came of a run. */
export interface BrokerReport {
  /** The `server` header of CONNECTED, where there is one. */
  readonly server: string | undefined;
  readonly results: readonly BrokerCaseResult[];
  readonly counts: Readonly<Record<Verdict, number>>;
}
