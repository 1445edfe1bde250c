import { PoolError, SessionError, type StompError } from '../errors.js';
import type { PreparedSend } from '../transport/heads.js';
import type { Publication } from './publication.js';

/** What waits in an outbox; what is no publication is a `send` that waits for the next connection. */
export type Entry = Publication | PreparedSend;

export function isPublication(entry: Entry): entry is Publication {
  return 'losses' in entry;
}

/** Fails what is overdue, where the oldest is due first. Gives when the next is due. */
export function failOverdue(entries: Iterable<Entry>, now: number, error: () => StompError): number {
  for (const entry of entries) {
    if (!isPublication(entry) || entry.dueAt === undefined) continue;
    if (entry.dueAt > now) return entry.dueAt;
    entry.giveUp(error());
  }
  return Number.POSITIVE_INFINITY;
}

export function noConnection(timeoutMs: number): SessionError {
  return new SessionError('STOMP_NOT_CONNECTED', `there was no connection within ${timeoutMs} ms`);
}

export function outboxFull(timeoutMs: number): PoolError {
  return new PoolError('STOMP_OUTBOX_FULL', `the outbox had no room within ${timeoutMs} ms`);
}
