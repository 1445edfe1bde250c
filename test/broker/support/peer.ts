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

export function send(destination: string, body: string, headers = ''): string {
  return `SEND\ndestination:${destination}\n${headers}\n${body}\0`;
}

export function subscribe(destination: string, headers = ''): string {
  return `SUBSCRIBE\ndestination:${destination}\n${headers}\n\0`;
}

/** message-id and body of each MESSAGE among frames; a `!` before the body of a redelivered one. */
export function messages(frames: readonly string[]): Array<[id: string, body: string]> {
  return frames
    .filter((frame) => frame.startsWith('MESSAGE\n'))
    .map((frame) => {
      const end = frame.indexOf('\n\n');
      const id = /^message-id:(.*)$/m.exec(frame)?.[1] ?? '';
      const again = frame.slice(0, end).includes('\nredelivered:true') ? '!' : '';
      return [id, again + frame.slice(end + 2)];
    });
}

/** The bodies of the MESSAGEs that a peer has got since it was asked last. */
export function bodies(peer: Peer): string[] {
  return messages(peer.frames()).map(([, body]) => body);
}
