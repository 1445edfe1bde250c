import type { Socket } from 'node:net';
import { ConfigError } from '../errors.js';
import { type RecordedConnection, Recorder } from './recorder.js';
import { type Address, type DialTls, dial, type Listening, type ListenTls, listen, reset } from './socket.js';
import type { AuditClock, Direction, Side, TranscriptRecord } from './types.js';

/** TLS on either side, or on both. */
export interface ProxyTls {
  /** Speak TLS with the clients. */
  readonly listen?: ListenTls | undefined;
  /** Speak TLS with the broker. */
  readonly to?: DialTls | undefined;
}

/** How a proxy stands between. */
export interface ProxyOptions {
  /** Where clients connect. Default 127.0.0.1 and any free port, which `proxy.port` tells. */
  readonly listen?: Partial<Address> | undefined;
  /** The broker. */
  readonly to: Address;
  /** Without it, what passes is not looked into: TLS through the proxy is recorded as the bytes it is. */
  readonly tls?: ProxyTls | undefined;
  /** Every connection and every chunk that passes, passcodes masked. What it throws is counted and changes nothing. */
  readonly onRecord: (record: TranscriptRecord) => void;
  readonly clock?: AuditClock | undefined;
}

/** Counts of one proxy. */
export interface ProxyStats {
  readonly open: number;
  readonly accepted: number;
  readonly bytesToBroker: number;
  readonly bytesToClient: number;
  /** How often `onRecord` threw. */
  readonly recordErrors: number;
}

/** One client and its connection to the broker. */
class Passage {
  readonly #client: Socket;
  readonly #record: RecordedConnection;
  readonly #counts: { toBroker: number; toClient: number };
  readonly #onOver: () => void;
  #broker: Socket | undefined;
  #endedBy: Side | undefined;
  #left = 2;

  constructor(
    client: Socket,
    record: RecordedConnection,
    counts: { toBroker: number; toClient: number },
    onOver: () => void,
  ) {
    this.#client = client;
    this.#record = record;
    this.#counts = counts;
    this.#onOver = onOver;
  }

  async start(to: Address, tls: DialTls | undefined): Promise<void> {
    const dialing = new AbortController();
    const gone = (): void => dialing.abort(new Error('the client is gone'));
    this.#client.once('close', gone).on('error', () => this.#fail('client'));
    try {
      this.#broker = await dial(to, { tls, signal: dialing.signal });
    } catch {
      this.#record.close(dialing.signal.aborted ? 'client' : undefined, 'STOMP_CONNECT_FAILED');
      reset(this.#client);
      this.#onOver();
      return;
    }
    this.#client.off('close', gone);
    this.#broker.on('error', () => this.#fail('broker'));
    this.#join('to-broker', this.#client, this.#broker);
    this.#join('to-client', this.#broker, this.#client);
  }

  destroy(): void {
    reset(this.#client);
    if (this.#broker !== undefined) reset(this.#broker);
  }

  /** Passes on first, so that recording never delays a byte. */
  #join(direction: Direction, from: Socket, to: Socket): void {
    const side: Side = direction === 'to-broker' ? 'client' : 'broker';
    const count = direction === 'to-broker' ? 'toBroker' : 'toClient';
    from.on('data', (chunk: Buffer) => {
      if (!to.write(chunk)) from.pause();
      this.#counts[count] += chunk.length;
      this.#record.bytes(direction, chunk);
    });
    to.on('drain', () => from.resume());
    from.on('end', () => {
      this.#endedBy ??= side;
      to.end();
    });
    from.on('close', () => this.#closed());
  }

  #fail(side: Side): void {
    this.#record.close(side, 'STOMP_CONNECTION_LOST');
    const other = side === 'client' ? this.#broker : this.#client;
    if (other !== undefined && !other.destroyed) reset(other);
  }

  #closed(): void {
    if (--this.#left > 0) return;
    this.#record.close(this.#endedBy);
    this.#onOver();
  }
}

/**
 * Stands between clients and a broker. Bytes are passed on unchanged and at once, whatever they are, and each chunk is
 * recorded as it passes. Where one side does not read, the other is not read from; an end is carried over as an end,
 * a reset as a reset.
 */
export class AuditProxy implements AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly #listening: Listening;
  readonly #passages: ReadonlySet<Passage>;
  readonly #stats: () => ProxyStats;

  private constructor(listening: Listening, passages: ReadonlySet<Passage>, stats: () => ProxyStats) {
    this.host = listening.host;
    this.port = listening.port;
    this.#listening = listening;
    this.#passages = passages;
    this.#stats = stats;
  }

  /** @internal */
  static async start(options: ProxyOptions): Promise<AuditProxy> {
    const { to, tls, onRecord, clock } = options;
    const counts = { toBroker: 0, toClient: 0 };
    let accepted = 0;
    let recordErrors = 0;
    const record = (one: TranscriptRecord): void => {
      try {
        onRecord(one);
      } catch {
        recordErrors++;
      }
    };
    const recorder = new Recorder({ sink: { record }, clock });
    const passages = new Set<Passage>();
    const host = to.host ?? '127.0.0.1';
    const endpoint = `${tls?.to === undefined ? 'stomp' : 'stomp+ssl'}://${host.includes(':') ? `[${host}]` : host}:${to.port}`;
    const at = { host: options.listen?.host, port: options.listen?.port ?? 0 };
    const listening = await listen(
      at,
      (client) => {
        accepted++;
        const passage = new Passage(client, recorder.open(endpoint), counts, () => passages.delete(passage));
        passages.add(passage);
        void passage.start(to, tls?.to);
      },
      tls?.listen,
    );
    return new AuditProxy(listening, passages, () => ({
      ...{ open: passages.size, accepted, recordErrors },
      ...{ bytesToBroker: counts.toBroker, bytesToClient: counts.toClient },
    }));
  }

  stats(): ProxyStats {
    return this.#stats();
  }

  /** Accepts no more, drops what is open, and resolves when all of it is gone. */
  async close(): Promise<void> {
    for (const passage of this.#passages) passage.destroy();
    await this.#listening.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function checkPort(option: string, port: number, lowest: number): void {
  if (Number.isInteger(port) && port >= lowest && port <= 65_535) return;
  const expected = `a whole number from ${lowest} to 65535`;
  throw new ConfigError('STOMP_CONFIG_INVALID', { option, expected, received: String(port) });
}

/** Starts one. Rejects with ConfigError for options that cannot be meant, and with Node's error where it cannot listen. */
export async function startProxy(options: ProxyOptions): Promise<AuditProxy> {
  checkPort('to.port', options.to.port, 1);
  checkPort('listen.port', options.listen?.port ?? 0, 0);
  return AuditProxy.start(options);
}
