import { SessionError, type StompError, TransportError } from '../errors.js';
import type { Frame } from '../frame/frame.js';
import { encodeHeader, encodeHeaders } from '../frame/serializer.js';
import { kindOf } from './check.js';
import type { Timer } from './clock.js';
import type { Endpoint } from './endpoint.js';
import { Link } from './link.js';
import type { ResolvedConnectionOptions } from './resolve.js';
import { Secret } from './secret.js';
import { serverError } from './server-error.js';
import type { Tap } from './tap.js';

export interface HandshakeEvents {
  /** CONNECTED came. The link is the caller's now: it must set the link's events before it returns. */
  onConnected(link: Link, frame: Frame): void;
  onFailed(error: StompError): void;
}

/**
 * One dial up to CONNECTED, within one budget of time (P21). ERROR, the end, silence or any other frame before
 * CONNECTED is a failure of its own kind; the socket is then closed by us, since RabbitMQ would leave it open.
 */
export class Handshake {
  readonly #endpoint: Endpoint;
  readonly #options: ResolvedConnectionOptions;
  readonly #tap: Tap;
  readonly #attempt: number;
  readonly #events: HandshakeEvents;
  readonly #startedAt: number;
  readonly #timer: Timer;
  #state: 'passcode' | 'opening' | 'answer' | 'over' = 'passcode';
  #link: Link | undefined;
  #keepsProcess = true;

  constructor(
    endpoint: Endpoint,
    options: ResolvedConnectionOptions,
    tap: Tap,
    attempt: number,
    events: HandshakeEvents,
  ) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#tap = tap;
    this.#attempt = attempt;
    this.#events = events;
    this.#startedAt = options.clock.now();
    this.#timer = options.clock.schedule(options.connectTimeoutMs, () => this.#expire());
    tap.emit('onConnecting', { endpoint: endpoint.name, attempt });
    void this.#start();
  }

  /** Gives the dial up, whatever it waits for. */
  abort(error: StompError): void {
    this.#fail(error);
  }

  setRef(keepsProcess: boolean): void {
    this.#keepsProcess = keepsProcess;
    if (!keepsProcess) this.#timer.unref();
    this.#link?.setRef(keepsProcess);
  }

  async #start(): Promise<void> {
    // Not within the constructor: the owner must have this before it hears of it.
    await undefined;
    const passcode = await this.#askPasscode();
    if (this.#state === 'over') return;
    this.#state = 'opening';
    this.#link = new Link(this.#endpoint, this.#options, this.#tap, {
      onOpen: () => this.#onOpen(passcode),
      onFrame: (frame) => this.#onFrame(frame),
      onClose: (error) => this.#onClose(error),
    });
    if (!this.#keepsProcess) this.#link.setRef(false);
  }

  async #askPasscode(): Promise<string | undefined> {
    const { passcode } = this.#endpoint;
    try {
      const given = typeof passcode === 'function' ? await passcode() : passcode;
      const text = given instanceof Secret ? given.reveal() : given;
      if (typeof text === 'string' || passcode === undefined) return text;
      throw new TypeError(`it gave ${kindOf(text)} instead of text or a Secret`);
    } catch (cause) {
      const what = 'the function that gives the passcode failed';
      this.#fail(new TransportError('STOMP_CONNECT_FAILED', this.#endpoint.name, what, { cause }));
      return undefined;
    }
  }

  #onOpen(passcode: string | undefined): void {
    try {
      const head = this.#connectHead(passcode);
      const masked =
        passcode === undefined ? head : this.#connectHead('*'.repeat(Buffer.byteLength(passcode)));
      this.#state = 'answer';
      this.#link!.sendConnect(head, masked);
    } catch (error) {
      this.#fail(error as StompError);
    }
  }

  #connectHead(passcode: string | undefined): string {
    const { login } = this.#endpoint;
    let head = 'CONNECT\n';
    if (login !== undefined) head += encodeHeader('login', login);
    if (passcode !== undefined) head += encodeHeader('passcode', passcode);
    return `${head}${encodeHeaders(this.#options.connectHeaders)}\n`;
  }

  #onFrame(frame: Frame): void {
    const { command } = frame;
    if (command === 'CONNECTED') this.#succeed(frame);
    else if (command === 'ERROR')
      this.#fail(serverError('STOMP_CONNECT_REFUSED', this.#endpoint.name, frame));
    else {
      const what = `${this.#endpoint.name}: ${command} came where CONNECTED was expected`;
      this.#fail(new SessionError('STOMP_UNEXPECTED_FRAME', what, { frame }));
    }
  }

  #onClose(error: StompError): void {
    if (error.code !== 'STOMP_CONNECTION_LOST') {
      this.#fail(error);
      return;
    }
    const { cause } = error;
    const [code, what] =
      this.#state === 'answer'
        ? (['STOMP_CONNECT_CLOSED', 'the broker closed the connection instead of answering CONNECT'] as const)
        : (['STOMP_CONNECT_FAILED', 'closed while connecting'] as const);
    this.#fail(new TransportError(code, this.#endpoint.name, what, { cause }));
  }

  #expire(): void {
    const phase = {
      passcode: 'waiting for the passcode',
      opening: this.#endpoint.tls ? 'opening TCP and TLS' : 'opening TCP',
      answer: 'waiting for CONNECTED',
      over: '',
    }[this.#state];
    const what = `no connection within ${this.#options.connectTimeoutMs} ms; it ended ${phase}`;
    this.#fail(new TransportError('STOMP_CONNECT_TIMEOUT', this.#endpoint.name, what));
  }

  #succeed(frame: Frame): void {
    if (!this.#end()) return;
    const link = this.#link!;
    const durationMs = this.#options.clock.now() - this.#startedAt;
    this.#tap.emit('onConnected', {
      endpoint: this.#endpoint.name,
      attempt: this.#attempt,
      frame,
      durationMs,
    });
    this.#events.onConnected(link, frame);
  }

  #fail(error: StompError): void {
    if (!this.#end()) return;
    this.#link?.close(error);
    this.#tap.emit('onConnectFail', { endpoint: this.#endpoint.name, attempt: this.#attempt, error });
    this.#events.onFailed(error);
  }

  #end(): boolean {
    if (this.#state === 'over') return false;
    this.#state = 'over';
    this.#timer.cancel();
    return true;
  }
}
