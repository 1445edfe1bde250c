import type { AuditProxy, TranscriptRecord } from '../../../src/audit/index.js';
import { type ClientErrand, escapeBytes, startProxy } from '../../../src/audit/index.js';
import { connect } from '../../../src/pool/connect.js';
import type { Pool } from '../../../src/pool/pool.js';
import { type Broker, waitUntil } from '../rig/index.js';
import type { Sample } from './samples.js';

/** How often a body came through as it was sent, and what went wrong when it did not. */
export interface Outcome {
  readonly good: number;
  readonly of: number;
  readonly fault: Fault | undefined;
}

export interface Fault {
  /** What the client did. */
  readonly text: string;
  /** Whether the bytes on its own connection show that it was the client, and neither the broker nor ours. */
  readonly isTheClients: boolean;
}

export type Address = Pick<Broker, 'host' | 'port' | 'login' | 'passcode'>;
export type Drive = (errand: ClientErrand, queues: string) => Promise<void>;

/** A body as it stands at the end of any frame. */
const endOfFrame = (body: Buffer): Buffer => Buffer.concat([Buffer.from('\n\n'), body, Buffer.from([0])]);
const SLOW_MS = 20_000;
let sessions = 0;

/**
 * Our client and another one on the same broker, and what passes between the other one and the broker. The other one
 * has the errand of docs/conformance.md: it tells of every message that it reads, and sends files.
 */
export class Session {
  readonly #proxy: AuditProxy;
  readonly #records: TranscriptRecord[];
  readonly #ours: Pool;
  readonly #queues: string;
  readonly #over = new AbortController();
  readonly #arrived: Buffer[] = [];
  #left: Promise<void> = Promise.resolve();

  private constructor(proxy: AuditProxy, records: TranscriptRecord[], ours: Pool, queues: string) {
    this.#proxy = proxy;
    this.#records = records;
    this.#ours = ours;
    this.#queues = queues;
  }

  static async open(broker: Address, drive: Drive): Promise<Session> {
    const records: TranscriptRecord[] = [];
    const { host, port, login, passcode } = broker;
    const onRecord = (record: TranscriptRecord) => void records.push(record);
    const proxy = await startProxy({ to: { host, port }, onRecord });
    const ours = await connect({ hosts: [{ host, port, login, passcode }] });
    const session = new Session(proxy, records, ours, `/queue/interop.${++sessions}.`);
    try {
      await session.#start(drive);
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  async #start(drive: Drive): Promise<void> {
    const out = this.#ours.subscribe(
      `${this.#queues}out`,
      {},
      (message) => void this.#arrived.push(message.body),
    );
    await out.ready;
    const { host, port } = this.#proxy;
    const signal = this.#over.signal;
    this.#left = drive(
      { id: 'interop', title: '', host, port, secondPort: port, signal },
      this.#queues,
    ).catch(() => undefined);
    const isThere = await waitUntil(() => this.#wire('to-broker').includes('SUBSCRIBE\n'), SLOW_MS, 5);
    if (!isThere)
      throw new Error(`the client did not subscribe; it said ${escapeBytes(this.#wire('to-broker'))}`);
  }

  /** Our client publishes, the other one says what it read. It may take `patienceMs` for each. */
  receives(sample: Sample, patienceMs: number): Promise<Outcome> {
    return this.#repeat(sample, async () => {
      await this.#publish(sample.bytes);
      const report = await this.#told(patienceMs);
      const wasSent = this.#hasBeenSent(sample.bytes);
      if (report === undefined) {
        return {
          text: this.#silence(),
          isTheClients: wasSent && !this.#wire('to-broker').includes('SEND\n'),
        };
      }
      const read = reportedBody(report);
      if (read?.equals(sample.bytes)) return undefined;
      const said = this.#wire('to-broker').includes(endOfFrame(report));
      const text = read === undefined ? `reports ${abridged(report)}` : `reads ${abridged(read)}`;
      return { text, isTheClients: wasSent && said };
    });
  }

  /** The other client sends the content of a file, ours receives it. */
  sends(sample: Sample, patienceMs: number): Promise<Outcome> {
    return this.#repeat(sample, async () => {
      const command = Buffer.from(`${sample.as} ${sample.path}`);
      await this.#publish(command);
      const heard = await this.#told(patienceMs);
      if (heard?.equals(sample.bytes)) return undefined;
      if (heard !== undefined) return this.#wronglySent(sample, heard);
      const wasTold = this.#wire('to-client').includes(endOfFrame(command));
      return { text: this.#silence(), isTheClients: wasTold && !this.#wire('to-broker').includes('SEND\n') };
    });
  }

  async close(): Promise<void> {
    this.#over.abort();
    await this.#left;
    await this.#ours.disconnect();
    await this.#proxy.close();
  }

  async #repeat(sample: Sample, once: () => Promise<Fault | undefined>): Promise<Outcome> {
    for (let good = 0; good < sample.times; good++) {
      this.#forget();
      const fault = await once();
      if (fault !== undefined) return { good, of: sample.times, fault };
    }
    return { good: sample.times, of: sample.times, fault: undefined };
  }

  async #publish(body: Buffer): Promise<void> {
    await this.#ours.publish(`${this.#queues}in`, body);
    const isThere = () =>
      this.#arrived.length > 0 || this.#hasEnded() || this.#wire('to-client').includes(endOfFrame(body));
    await waitUntil(isThere, SLOW_MS, 2);
  }

  /** What the other client sent next, if it did. */
  async #told(patienceMs: number): Promise<Buffer | undefined> {
    await waitUntil(() => this.#arrived.length > 0 || this.#hasEnded(), patienceMs, 1);
    // What it sent before its end may still be on the way.
    if (this.#arrived.length === 0) await waitUntil(() => this.#arrived.length > 0, 200, 10);
    return this.#arrived.shift();
  }

  #wronglySent(sample: Sample, heard: Buffer): Fault {
    const wire = this.#wire('to-broker');
    const at = wire.indexOf('SEND\n');
    const head = wire.subarray(at, wire.indexOf('\n\n', at)).toString('latin1');
    const sent = `sends ${abridged(heard)}`;
    if (!wire.includes(endOfFrame(sample.bytes))) return { text: sent, isTheClients: true };
    const hasLength = /^content-length:\s*(\d+)$/m.exec(head)?.[1];
    if (hasLength === undefined) {
      return { text: `${sent}: without content-length`, isTheClients: sample.bytes.includes(0) };
    }
    const isWrong = Number(hasLength) !== sample.bytes.length;
    return { text: isWrong ? `${sent}: content-length:${hasLength}` : sent, isTheClients: isWrong };
  }

  #silence(): string {
    const how = this.#hasEnded() ? 'ends the connection' : 'says nothing';
    const wire = this.#wire('to-client');
    const at = wire.indexOf('MESSAGE\n');
    const head = wire.subarray(at, wire.indexOf('\n\n', at)).toString('latin1');
    return at < 0 || /^subscription:/m.test(head) ? how : `${how} at a MESSAGE without subscription`;
  }

  #hasEnded(): boolean {
    return this.#records.some(({ kind }) => kind === 'close');
  }

  /** That body, or as much of it as came before the client ended the connection: one may do so at its head. */
  #hasBeenSent(body: Buffer): boolean {
    const wire = this.#wire('to-client');
    const wanted = endOfFrame(body);
    if (wire.includes(wanted)) return true;
    const head = wire.indexOf('MESSAGE\n');
    const at = head < 0 ? -1 : wire.indexOf('\n\n', head);
    const isCut = this.#records.some((record) => record.kind === 'close' && record.by === 'client');
    return isCut && at >= 0 && wanted.subarray(0, wire.length - at).equals(wire.subarray(at));
  }

  #wire(direction: 'to-broker' | 'to-client'): Buffer {
    const chunks = this.#records.flatMap((record) =>
      record.kind === 'bytes' && record.direction === direction ? [record.bytes] : [],
    );
    return Buffer.concat([Buffer.from('\n'), ...chunks]);
  }

  /** What has passed so far is no evidence for what comes next. */
  #forget(): void {
    const ends = this.#records.filter(({ kind }) => kind === 'close');
    this.#records.splice(0, this.#records.length, ...ends);
  }
}

/** The body that a report is about; undefined where it is no report. */
function reportedBody(report: Buffer): Buffer | undefined {
  try {
    const { body } = JSON.parse(report.toString());
    return typeof body === 'string' ? Buffer.from(body, 'hex') : undefined;
  } catch {
    return undefined;
  }
}

function abridged(bytes: Buffer): string {
  const size = bytes.length === 1 ? '1 byte' : `${bytes.length} bytes`;
  const shown = escapeBytes(bytes.subarray(0, 12));
  return bytes.length > 12 ? `${size}, ${shown}...` : `${size}, "${shown}"`;
}
