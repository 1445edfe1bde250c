import { type ErrorCode, PoolError, StompError } from '../errors.js';
import { CommandError } from './command.js';
import { printable } from './terminal.js';

const AT_PORT =
  'something else answers at that port; STOMP is usual at 61613, STOMP over TLS at 61612 or 61614';
const STREAM = 'the broker, or something between, does not speak STOMP 1.0';
const UNKNOWN = 'the message may have arrived or not: look, or send it again and expect it twice';

/** What a person at a shell can do about an error. */
const HINTS: Readonly<Partial<Record<ErrorCode, string>>> = {
  STOMP_URL_INVALID: 'a URL is stomp://host:port, stomp+ssl://host:port or failover:(url,url)',
  STOMP_FRAME_NOT_STOMP: AT_PORT,
  STOMP_FRAME_BAD_COMMAND: STREAM,
  STOMP_FRAME_BAD_CONTENT_LENGTH: STREAM,
  STOMP_FRAME_MISSING_NUL: STREAM,
  STOMP_FRAME_TOO_LARGE: 'a frame is larger than this client takes',
  STOMP_CONNECT_TIMEOUT: 'look at host, port and firewall; with TLS on one side only, both sides wait',
  STOMP_CONNECT_FAILED: 'is a broker running there? look at host and port',
  STOMP_CONNECT_CLOSED: 'look at port, login and passcode; the port may want TLS (stomp+ssl://)',
  STOMP_TLS_FAILED: "look at the broker's certificate, its name, and the authority you trust (--ca)",
  STOMP_CONNECTION_LOST: "the broker's log may say why",
  STOMP_CONNECT_REFUSED: 'look at login and passcode',
  STOMP_SERVER_ERROR: "the broker refused it; its log may say more about the user's rights",
  STOMP_SUBSCRIBE_REFUSED: 'look at the name of the destination, and at the rights of the user',
  STOMP_RECEIPT_TIMEOUT: UNKNOWN,
  STOMP_OUTCOME_UNKNOWN: UNKNOWN,
  STOMP_PUBLISH_REFUSED:
    'the connection ends whenever it is sent; look at the message, and at the log of the broker',
  STOMP_NO_ANSWER:
    'the broker takes connections and does not answer; look at its log, its memory and its disk',
  STOMP_OUTBOX_FULL: 'the broker takes messages more slowly than they come',
  STOMP_NOT_CONNECTED: 'no broker of the list answers; look at each of them with `stompwire ping`',
};

/** After these nobody knows whether the message has arrived. */
const UNKNOWN_OUTCOMES: ReadonlySet<string> = new Set([
  'STOMP_OUTCOME_UNKNOWN',
  'STOMP_RECEIPT_TIMEOUT',
] satisfies ErrorCode[]);

export function isOutcomeUnknown(error: unknown): boolean {
  return error instanceof StompError && UNKNOWN_OUTCOMES.has(error.code);
}

export interface Failure {
  /** Absent for what is not an error of the library. */
  readonly code?: ErrorCode | undefined;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** One line's worth of an error that was to be expected; undefined for a fault of this program. */
export function describeFailure(error: unknown): Failure | undefined {
  if (error instanceof CommandError) return { message: printable(error.message) };
  if (!(error instanceof StompError)) return undefined;
  const { code } = error;
  if (error instanceof PoolError && error.attempts.length > 0) {
    const last = error.attempts.at(-1)!.error;
    return { code, message: printable(summarize(error)), hint: HINTS[last.code] };
  }
  return { code, message: printable(error.message), hint: HINTS[code] };
}

/** Every host once, with the last that was heard of it. */
function summarize({ attempts }: PoolError): string {
  const reasons = new Map<string, string>();
  for (const { endpoint, error } of attempts) {
    const message = error.message.startsWith(endpoint) ? error.message : `${endpoint}: ${error.message}`;
    reasons.set(endpoint, `${message} (${error.code})`);
  }
  const all = [...reasons.values()];
  const shown = all.slice(-3).join('; ');
  return all.length > 3 ? `no broker of ${all.length} could be had, the last: ${shown}` : shown;
}

export function failureText({ code, message, hint }: Failure): string {
  return `${code === undefined ? '' : `${code}: `}${message}${hint === undefined ? '' : ` -- ${hint}`}`;
}

/** `no such file`, and its like, in place of Node's sentence. */
export function fileError(what: string, path: string, error: unknown): CommandError {
  const { code, message } = error as NodeJS.ErrnoException;
  const reasons: Record<string, string> = {
    ENOENT: 'there is no such file',
    EACCES: 'permission denied',
    EISDIR: 'it is a directory',
  };
  return new CommandError(`${what} ${path}: ${reasons[code ?? ''] ?? message}`);
}
