import { FrameError, type StompError, TransportError } from '../errors.js';
import { Frame } from '../frame/frame.js';
import { Headers } from '../frame/headers.js';
import { FrameParser } from '../frame/parser.js';
import type { BodyInit } from '../frame/serializer.js';
import type { Endpoint } from './endpoint.js';
import { Output } from './output.js';
import { Reading } from './reading.js';
import type { ResolvedConnectionOptions } from './resolve.js';
import { dialSocket } from './socket.js';
import type { Tap } from './tap.js';
import type { Transport } from './transport.js';

export interface LinkEvents {
  /** The pipe is open; STOMP may begin. */
  onOpen(): void;
  onFrame(frame: Frame): void;
  /** The pipe is gone, or was given up for bytes that are not STOMP. Called once, nothing follows. */
  onClose(error: StompError): void;
}

/** Frames over one byte pipe, in view of the observer. */
export class Link {
  readonly endpoint: Endpoint;
  readonly output: Output;
  /** Who hears of frames and of the end: first the handshake, then the connection. */
  events: LinkEvents;
  framesIn = 0;
  framesOut = 0;
  /** With the chunk that is being read, and with those that were no frames. */
  bytesIn = 0;
  bytesOut = 0;
  readonly #tap: Tap;
  readonly #reading: Reading;
  readonly #transport: Transport;
  #frameOffset = 0;
  /** What the observer is shown in place of the CONNECT frame, until that has been written. */
  #masked: Buffer | undefined;
  #state: 'open' | 'closed' = 'open';

  constructor(endpoint: Endpoint, options: ResolvedConnectionOptions, tap: Tap, events: LinkEvents) {
    this.endpoint = endpoint;
    this.events = events;
    this.#tap = tap;
    this.#reading = new Reading(new FrameParser((frame) => this.#onFrame(frame), options));
    this.output = new Output({
      write: (bytes, written) => this.#write(bytes, written),
      cork: () => this.#transport.cork?.(),
      uncork: () => this.#transport.uncork?.(),
    });
    this.#transport = (options.dial ?? dialSocket)(endpoint, {
      onOpen: () => this.#state === 'open' && this.events.onOpen(),
      onData: (chunk) => this.#onData(chunk),
      readBuffer: (shared) => this.#reading.next(shared),
      onDrain: () => {},
      onEnd: () => this.#onEnd(),
      onClose: (error) => this.close(this.#lost('the connection was closed', error)),
    });
  }

  /** Writes a frame at the end of this turn. `head`: wire string up to the blank line. The rest as for the output. */
  send(head: string, body: BodyInit = '', bodyBytes = 0, isSend = false, chained?: string): void {
    this.framesOut++;
    if (this.#tap.wants('onFrameOut')) this.#showFrame(head, body);
    this.#frameOffset += head.length + bodyBytes + 1;
    this.output.frame(head, body, bodyBytes, isSend, chained);
  }

  /** Writes CONNECT at once. The observer is shown `maskedHead`, which is as long. */
  sendConnect(head: string, maskedHead: string): void {
    this.framesOut++;
    if (this.#tap.wants('onFrameOut')) this.#showFrame(maskedHead, '');
    this.#frameOffset += head.length + 1;
    this.#masked = Buffer.from(`${maskedHead}\0`, 'latin1');
    this.output.frame(head, '', 0);
    this.output.flush();
    this.#masked = undefined;
  }

  pause(): void {
    this.#transport.pause();
  }

  resume(): void {
    this.#transport.resume();
  }

  /** Ends our half once all that was sent has gone. */
  end(): void {
    this.output.flush();
    this.#transport.end();
  }

  /** Drops it, now; `onClose` is told why before this returns. */
  close(error: StompError): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#transport.destroy();
    this.events.onClose(error);
    // Last: whoever waits for drain() must find the connection closed.
    this.output.close();
  }

  setRef(keepsProcess: boolean): void {
    if (keepsProcess) this.#transport.ref();
    else this.#transport.unref();
  }

  #onData(chunk: Buffer): void {
    if (this.#state === 'closed') return;
    const offset = this.bytesIn;
    this.bytesIn += chunk.length;
    if (this.#tap.wants('onBytesIn')) {
      this.#tap.emit('onBytesIn', { endpoint: this.endpoint.name, bytes: chunk, offset });
    }
    try {
      this.#reading.take(chunk);
    } catch (error) {
      this.#fail(error);
    }
  }

  #onFrame(frame: Frame): void {
    if (this.#state === 'closed') return;
    this.framesIn++;
    if (this.#tap.wants('onFrameIn')) {
      this.#tap.emit('onFrameIn', { endpoint: this.endpoint.name, frame });
      if (this.#isClosed()) return;
    }
    this.events.onFrame(frame);
  }

  /** The observer may have closed it meanwhile. */
  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #onEnd(): void {
    if (this.#state === 'closed') return;
    try {
      this.#reading.end();
      this.close(this.#lost('the broker closed the connection', undefined));
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (error instanceof FrameError) this.close(error);
    else throw error;
  }

  #write(bytes: Buffer, written: () => void): void {
    const offset = this.bytesOut;
    this.bytesOut += bytes.length;
    if (this.#tap.wants('onBytesOut')) {
      this.#tap.emit('onBytesOut', { endpoint: this.endpoint.name, bytes: this.#masked ?? bytes, offset });
    }
    this.#transport.write(bytes, written);
  }

  #showFrame(head: string, body: BodyInit): void {
    const eol = head.indexOf('\n');
    const headers = new Headers(head.slice(eol + 1, -1));
    const bytes = typeof body === 'string' ? Buffer.from(body) : Buffer.from(body);
    const size = head.length + bytes.length + 1;
    const frame = new Frame(head.slice(0, eol), headers, bytes, this.#frameOffset, size);
    this.#tap.emit('onFrameOut', { endpoint: this.endpoint.name, frame });
  }

  #lost(what: string, cause: Error | undefined): StompError {
    if (cause instanceof TransportError) return cause;
    const message = cause === undefined ? what : `${what}: ${cause.message}`;
    return new TransportError('STOMP_CONNECTION_LOST', this.endpoint.name, message, { cause });
  }
}
