/** The signal for a pool that follows one of the user's. */
export interface Leave {
  readonly signal: AbortSignal;
  /** From here on the pool has `graceMs` for its last words. Before that it ends at once: it was still dialling. */
  connected(graceMs: number): void;
  done(): void;
}

export function leaveOn(signal: AbortSignal): Leave {
  const now = new AbortController();
  let graceMs = 0;
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => {
    timer = setTimeout(() => now.abort(signal.reason), graceMs);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  return {
    signal: now.signal,
    connected: (ms) => {
      graceMs = ms;
    },
    done: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    },
  };
}
