import type { ErrorCode, StompError } from '../errors.js';

/**
 * `next`: the dial or the connection is lost, and the next host is dialled. `give-up`: the pool ends with it.
 * `not-a-dial`: it belongs to one call or one subscription, and says nothing about the host.
 */
export type Verdict = 'next' | 'give-up' | 'not-a-dial';

export interface RetryRule {
  readonly verdict: Verdict;
  /** One sentence for docs/errors.md. */
  readonly because: string;
}

const next = (because: string): RetryRule => Object.freeze({ verdict: 'next', because });
const giveUp = (because: string): RetryRule => Object.freeze({ verdict: 'give-up', because });
const notADial = (because: string): RetryRule => Object.freeze({ verdict: 'not-a-dial', because });

/** What each error of this library means for the pool. A code that is missing here does not compile. */
export const RETRY_RULES: Readonly<Record<ErrorCode, RetryRule>> = Object.freeze({
  STOMP_CONFIG_INVALID: giveUp('The same option would be refused at every dial.'),
  STOMP_CONFIG_CONFLICT: giveUp('The same options would contradict each other at every dial.'),
  STOMP_CONFIG_UNKNOWN_KEY: giveUp('No dial makes an unknown name known.'),
  STOMP_URL_INVALID: giveUp('A URL that cannot be read names no host to dial.'),

  STOMP_FRAME_NOT_STOMP: next('Something else answers at that port; another host may speak STOMP.'),
  STOMP_FRAME_BAD_COMMAND: next('The stream of this connection cannot be read on; a new one starts clean.'),
  STOMP_FRAME_BAD_HEADER: next('The stream of this connection cannot be read on; a new one starts clean.'),
  STOMP_FRAME_BAD_CONTENT_LENGTH: next(
    'Where the frame ends is not known any more; a new stream starts clean.',
  ),
  STOMP_FRAME_MISSING_NUL: next(
    'Where the next frame starts is not known any more; a new stream starts clean.',
  ),
  STOMP_FRAME_TOO_LARGE: next('What is over a limit is not read, and what follows it cannot be found.'),
  STOMP_FRAME_TRUNCATED: next(
    'The connection ended in the middle of a frame, which is a loss like any other.',
  ),
  STOMP_FRAME_BAD_BODY: notADial('A frame of ours was refused before it was written.'),
  STOMP_FRAME_PARSER_DEAD: notADial('It repeats an earlier error, and that one decided.'),

  STOMP_CONNECT_TIMEOUT: next('This host was silent; another may answer.'),
  STOMP_CONNECT_FAILED: next('This host cannot be reached now; another may be, or this one later.'),
  STOMP_CONNECT_CLOSED: next('This host hung up before CONNECTED; another may not.'),
  STOMP_TLS_FAILED: next(
    'Certificates are a matter of each host; nothing is ever sent in clear text instead.',
  ),
  STOMP_CONNECTION_LOST: next('A lost connection is what a pool is for.'),
  STOMP_NO_ANSWER: next('A broker that hangs is left for one that answers.'),

  STOMP_CONNECT_REFUSED: next(
    'Each host has its own users, and one that is starting up may refuse at first.',
  ),
  STOMP_UNEXPECTED_FRAME: next('This host does not keep to the protocol; another may.'),
  STOMP_SERVER_ERROR: next('After ERROR the broker ends the connection; the next one is free of it.'),

  STOMP_SUBSCRIBE_REFUSED: notADial('The one subscription ends; it is not replayed on the next connection.'),
  STOMP_DUPLICATE_SUBSCRIPTION: notADial('The call is refused before anything is written.'),
  STOMP_RECEIPT_TIMEOUT: notADial('One receipt is missing; the connection may be as good as ever.'),
  STOMP_OUTCOME_UNKNOWN: notADial('It tells a caller of a loss that the pool deals with already.'),
  STOMP_PUBLISH_REFUSED: notADial('The one message is given up, so that the others can go on.'),
  STOMP_STALE_ACK: notADial('The message came on an earlier connection; nothing is written.'),
  STOMP_ACK_OUT_OF_ORDER: notADial('The call is refused before anything is written.'),
  STOMP_TRANSACTION_LOST: notADial(
    'The transaction ended with its connection, which the pool deals with already.',
  ),
  STOMP_TRANSACTION_ENDED: notADial('The call is refused before anything is written.'),
  STOMP_COMMIT_UNKNOWN: notADial('It tells a caller of a loss that the pool deals with already.'),
  STOMP_READ_BUFFER_FULL: notADial('It ends the wait of a consumer that has to read before it can wait.'),
  STOMP_SEND_BUFFER_FULL: notADial('The call is refused; a slower sender is what helps.'),
  STOMP_NOT_CONNECTED: notADial('A call has waited for long enough; reconnecting goes on.'),

  STOMP_CLOSED: giveUp('The pool was closed, on request or because it gave up.'),
  STOMP_ABORTED: giveUp('The signal asked for the end.'),
  STOMP_OUTBOX_FULL: notADial('The call has waited for room for long enough; the outbox goes on.'),
  STOMP_POOL_EMPTY: giveUp('There is no host to dial.'),
  STOMP_POOL_EXHAUSTED: giveUp('It is the giving up itself.'),
});

/**
 * What follows when a dial failed or a connection ended with this error. An error that belongs to a call ends no
 * connection; should one do so after all, that is a loss.
 */
export function retryAfter(error: StompError): 'next' | 'give-up' {
  return RETRY_RULES[error.code].verdict === 'give-up' ? 'give-up' : 'next';
}
