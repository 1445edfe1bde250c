import { SessionError } from '../errors.js';

export function aborted(signal: AbortSignal): SessionError {
  return new SessionError('STOMP_ABORTED', 'it was aborted by its signal', { cause: signal.reason });
}

export function closedError(): SessionError {
  return new SessionError('STOMP_CLOSED', 'it was closed on request');
}

export function notConnected(): SessionError {
  return new SessionError('STOMP_CLOSED', 'the connection has ended');
}

export function duplicateSubscription(id: string): SessionError {
  return new SessionError(
    'STOMP_DUPLICATE_SUBSCRIPTION',
    `there is a subscription with the id ${id} already`,
  );
}

export function sendBufferFull(): SessionError {
  return new SessionError(
    'STOMP_SEND_BUFFER_FULL',
    'more than maxSendBufferBytes wait to be sent; wait for drain()',
  );
}

export function readBufferFull(): SessionError {
  return new SessionError(
    'STOMP_READ_BUFFER_FULL',
    'the RECEIPT comes behind more messages than maxBufferedBytes holds for consumers that are busy',
  );
}

/** A promise that rejects with STOMP_ABORTED when the signal says so first. */
export function abortable(signal: AbortSignal | undefined, promise: Promise<void>): Promise<void> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    promise.then(resolve, reject).finally(onAbort(signal, reject));
  });
}

/** Tells once that the signal was aborted, at once if it was before; not after the function it gives was called. */
export function onAbort(signal: AbortSignal | undefined, tell: (error: SessionError) => void): () => void {
  const onEvent = () => tell(aborted(signal!));
  if (signal?.aborted) onEvent();
  else signal?.addEventListener('abort', onEvent, { once: true });
  return () => signal?.removeEventListener('abort', onEvent);
}
