import { describe, expect, it } from 'vitest';
import {
  ConfigError,
  type ErrorCode,
  FrameError,
  PoolError,
  SessionError,
  type StompError,
  TransportError,
} from '../../src/errors.js';
import { RETRY_RULES, retryAfter, type Verdict } from '../../src/pool/retry.js';

/** Written out once more by hand: a rule that changes is to be noticed. */
const CODES: Record<Verdict, readonly ErrorCode[]> = {
  next: [
    'STOMP_FRAME_NOT_STOMP',
    'STOMP_FRAME_BAD_COMMAND',
    'STOMP_FRAME_BAD_HEADER',
    'STOMP_FRAME_BAD_CONTENT_LENGTH',
    'STOMP_FRAME_MISSING_NUL',
    'STOMP_FRAME_TOO_LARGE',
    'STOMP_FRAME_TRUNCATED',
    'STOMP_CONNECT_TIMEOUT',
    'STOMP_CONNECT_FAILED',
    'STOMP_CONNECT_CLOSED',
    'STOMP_TLS_FAILED',
    'STOMP_CONNECTION_LOST',
    'STOMP_NO_ANSWER',
    'STOMP_CONNECT_REFUSED',
    'STOMP_UNEXPECTED_FRAME',
    'STOMP_SERVER_ERROR',
  ],
  'give-up': [
    'STOMP_CONFIG_INVALID',
    'STOMP_CONFIG_CONFLICT',
    'STOMP_CONFIG_UNKNOWN_KEY',
    'STOMP_URL_INVALID',
    'STOMP_CLOSED',
    'STOMP_ABORTED',
    'STOMP_POOL_EMPTY',
    'STOMP_POOL_EXHAUSTED',
  ],
  'not-a-dial': [
    'STOMP_FRAME_BAD_BODY',
    'STOMP_FRAME_PARSER_DEAD',
    'STOMP_SUBSCRIBE_REFUSED',
    'STOMP_DUPLICATE_SUBSCRIPTION',
    'STOMP_RECEIPT_TIMEOUT',
    'STOMP_OUTCOME_UNKNOWN',
    'STOMP_PUBLISH_REFUSED',
    'STOMP_OUTBOX_FULL',
    'STOMP_STALE_ACK',
    'STOMP_ACK_OUT_OF_ORDER',
    'STOMP_TRANSACTION_LOST',
    'STOMP_TRANSACTION_ENDED',
    'STOMP_COMMIT_UNKNOWN',
    'STOMP_READ_BUFFER_FULL',
    'STOMP_SEND_BUFFER_FULL',
    'STOMP_NOT_CONNECTED',
  ],
};

describe('the table', () => {
  it('has every code once, with this verdict', () => {
    const written = Object.entries(CODES).flatMap(([verdict, codes]) => codes.map((code) => [code, verdict]));
    const table = Object.entries(RETRY_RULES).map(([code, rule]) => [code, rule.verdict]);
    expect(Object.fromEntries(table)).toEqual(Object.fromEntries(written));
    expect(written).toHaveLength(table.length);
  });

  it.each(Object.entries(RETRY_RULES))('%s has one sentence of reason', (_, { because }) => {
    expect(because).toMatch(/^[A-Z][^.]+\.$/);
  });
});

describe('retryAfter', () => {
  const place = 'stomp://h:61613';
  it.each<[StompError, 'next' | 'give-up']>([
    [new TransportError('STOMP_CONNECT_FAILED', place, 'refused'), 'next'],
    [new TransportError('STOMP_TLS_FAILED', place, 'expired'), 'next'],
    [new TransportError('STOMP_CONNECTION_LOST', place, 'reset'), 'next'],
    [new SessionError('STOMP_CONNECT_REFUSED', 'wrong passcode'), 'next'],
    [new FrameError('STOMP_FRAME_NOT_STOMP', 'HTTP'), 'next'],
    [new ConfigError('STOMP_CONFIG_INVALID', { option: 'passcode', expected: 'text' }), 'give-up'],
    [new SessionError('STOMP_ABORTED', 'aborted'), 'give-up'],
    [new SessionError('STOMP_CLOSED', 'closed'), 'give-up'],
    [new PoolError('STOMP_POOL_EXHAUSTED', 'given up'), 'give-up'],
    // Belongs to a call; if it ended a connection after all, the connection is lost.
    [new SessionError('STOMP_RECEIPT_TIMEOUT', 'no receipt'), 'next'],
  ])('%s', (error, expected) => {
    expect(retryAfter(error)).toBe(expected);
  });
});
