import type { Observer } from '../frame/observer.js';
import { type RecordedConnection, Recorder, type RecorderOptions } from './recorder.js';

/**
 * Watches connections through their observer and turns what passes into records. Bytes are recorded as they come,
 * in the pieces in which they come: nothing is parsed on the way, so that watching costs little.
 */
export class Tap {
  readonly #recorder: Recorder;

  constructor(options: RecorderOptions) {
    this.#recorder = new Recorder(options);
  }

  /** An observer for one connection or one pool; all those of a tap write to its sink and share its numbers. */
  observer(): Observer {
    const recorder = this.#recorder;
    const open = new Map<string, RecordedConnection>();
    const at = (endpoint: string): RecordedConnection => {
      const known = open.get(endpoint);
      if (known !== undefined) return known;
      const fresh = recorder.open(endpoint);
      open.set(endpoint, fresh);
      return fresh;
    };
    const end = (endpoint: string, error: { code: string } | undefined): void => {
      open.get(endpoint)?.close(error === undefined ? 'client' : undefined, error?.code);
      open.delete(endpoint);
    };
    return {
      onConnecting: ({ endpoint }) => {
        open.get(endpoint)?.close();
        open.delete(endpoint);
        at(endpoint);
      },
      onBytesIn: ({ endpoint, bytes, offset }) => at(endpoint).bytes('to-client', bytes, offset),
      onBytesOut: ({ endpoint, bytes, offset }) => at(endpoint).bytes('to-broker', bytes, offset),
      onConnectFail: ({ endpoint, error }) => end(endpoint, error),
      onDisconnect: ({ endpoint, error }) => end(endpoint, error),
      onWarning: ({ endpoint, message }) => {
        if (endpoint !== undefined) open.get(endpoint)?.note(message);
      },
    };
  }
}
