import {
  BrokerCore,
  type BrokerCoreOptions,
  type BrokerSession,
  type BrokerSink,
} from '../../../src/broker/index.js';

/** A client written by hand: what it says is in the test, what it got is text. */
export class Peer implements BrokerSink {
  readonly session: BrokerSession;
  /** How the broker ended it, if it did. */
  ended: 'closed' | 'cut' | undefined;
  /** False: the sink is full. */
  flowing = true;
  #received: Buffer[] = [];

  constructor(core: BrokerCore) {
    this.session = core.open(this, 'peer');
  }

  write(bytes: Buffer): boolean {
    this.#received.push(bytes);
    return this.flowing;
  }

  close(): void {
    this.ended = 'closed';
  }

  cut(): void {
    this.ended = 'cut';
  }

  say(text: string): this {
    this.session.receive(Buffer.from(text));
    return this;
  }

  /** What came since the last call, with `^@` for NUL. */
  heard(): string {
    const text = Buffer.concat(this.#received).toString().replaceAll('\0', '^@');
    this.#received = [];
    return text;
  }

  /** The frames that came since the last call, each without its NUL and LF. */
  frames(): string[] {
    return this.heard().split('^@\n').slice(0, -1);
  }
}

export const CONNECT = 'CONNECT\n\n\0';

/** A broker whose session names and message-ids are known. */
export function newCore(options: BrokerCoreOptions = {}): BrokerCore {
  return new BrokerCore({ name: 'b', ...options });
}

/** A client that has connected and read its CONNECTED. */
export function join(core: BrokerCore): Peer {
  const peer = new Peer(core).say(CONNECT);
  peer.heard();
  return peer;
}
