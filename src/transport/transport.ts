import type { Endpoint } from './endpoint.js';

/** What a byte pipe tells its owner. After `onClose` it says nothing more. */
export interface TransportEvents {
  /** The pipe is open: TCP, and TLS where the endpoint asks for it. */
  onOpen(): void;
  /** Bytes, valid during the call only: the buffer may be used again. */
  onData(chunk: Buffer): void;
  /**
   * Where the next bytes are to be read to: `shared`, a part of it, or another buffer, which is then not used
   * again. A transport that cannot choose never asks.
   */
  readBuffer?(shared: Buffer): Buffer;
  /** What was written has been taken, after `write` said false. */
  onDrain(): void;
  /** The other side has ended its half. */
  onEnd(): void;
  /** The pipe is gone, with the error that ended it if there was one. Called exactly once. */
  onClose(error: Error | undefined): void;
}

/** One byte pipe to one endpoint: what a connection talks through, on a socket or in a simulation. */
export interface Transport {
  /**
   * Takes the bytes, which must not be changed until `written`, called now or later; false asks the writer to wait
   * for `onDrain`.
   */
  write(bytes: Buffer, written?: () => void): boolean;
  /** What is written from now on may wait for `uncork`, to leave in one call of the system. */
  cork?(): void;
  /** What has waited leaves. */
  uncork?(): void;
  /** No more `onData` until `resume`. */
  pause(): void;
  /** `onData` goes on, in a later turn at the earliest. */
  resume(): void;
  /** Ends our half once all that was written has gone. */
  end(): void;
  /** Drops the pipe at once; `onClose` follows, in a later turn. */
  destroy(): void;
  /** Whether it keeps the process alive. */
  ref(): void;
  unref(): void;
}

/** Opens a byte pipe. Never throws: what fails is told by `onClose`, in a later turn. */
export type Dial = (endpoint: Endpoint, events: TransportEvents) => Transport;
