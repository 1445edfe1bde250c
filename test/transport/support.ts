import type { StompError } from '../../src/errors.js';
import type { Observer } from '../../src/frame/observer.js';
import { Connection } from '../../src/transport/connection.js';
import { Endpoint, type EndpointInit } from '../../src/transport/endpoint.js';
import type { ConnectionOptions } from '../../src/transport/options.js';
import {
  acceptConnect,
  CONNECTED,
  ScriptedDials,
  type ScriptedTransport,
} from '../support/scripted-transport.js';
import { VirtualClock } from '../support/virtual-clock.js';

export const ACTIVEMQ =
  'CONNECTED\nserver:ActiveMQ/5.17.2\nheart-beat:0,0\nsession:ID:a-1\nversion:1.0\n\n\0\n';
export const RABBITMQ =
  'CONNECTED\nserver:RabbitMQ/3.10.8\nsession:session-U\nheart-beat:0,0\nversion:1.0\n\n\0\n';
export const STOMPSERVER = 'CONNECTED\nsession:wow\n\n\0\n';

export interface Opened {
  readonly connection: Connection;
  readonly transport: ScriptedTransport;
  readonly clock: VirtualClock;
}

/** A dial under way, on a scripted pipe and in virtual time. */
export interface Dialled {
  readonly opening: Promise<Connection>;
  readonly dials: ScriptedDials;
  readonly clock: VirtualClock;
}

export function dial(init: Partial<EndpointInit> = {}, options: ConnectionOptions = {}): Dialled {
  const dials = new ScriptedDials();
  const clock = new VirtualClock();
  const endpoint = new Endpoint({ host: 'broker.example', ...init });
  const opening = Connection.open(endpoint, { clock, dial: dials.dial, ...options });
  opening.catch(() => {});
  return { opening, dials, clock };
}

/** A connection that is made; `transport.take()` gives what it writes from here on. */
export async function open(options: ConnectionOptions = {}, connected = CONNECTED): Promise<Opened> {
  const { opening, dials, clock } = dial({}, options);
  const transport = await dials.next();
  await acceptConnect(transport, connected);
  const connection = await opening;
  return { connection, transport, clock };
}

/** What a promise was rejected with; undefined when it resolved. */
export async function reasonOf(promise: Promise<unknown>): Promise<StompError | undefined> {
  return promise.then(
    () => undefined,
    (error) => error,
  );
}

/** The error that an action throws at once. */
export function thrownBy(action: () => unknown): StompError {
  try {
    action();
  } catch (error) {
    return error as StompError;
  }
  throw new Error('nothing was thrown');
}

/** Whether a promise has settled, and how. */
export async function stateOf(promise: Promise<unknown>): Promise<'pending' | 'resolved' | string> {
  const settled = promise.then(
    () => 'resolved',
    (error: StompError) => error.code,
  );
  return Promise.race([settled, new Promise<string>((resolve) => setImmediate(resolve, 'pending'))]);
}

/** A hand-written MESSAGE. */
export function message(subscription: string, id: string | number, body = ''): string {
  return `MESSAGE\nsubscription:${subscription}\nmessage-id:${id}\ndestination:/queue/a\n\n${body}\0\n`;
}

export function receipt(id: string | number): string {
  return `RECEIPT\nreceipt-id:${id}\n\n\0\n`;
}

const EVENTS: ReadonlyArray<keyof Observer> = [
  'onConnecting',
  'onConnected',
  'onConnectFail',
  'onDisconnect',
  'onReconnectScheduled',
  'onFrameIn',
  'onFrameOut',
  'onBytesIn',
  'onBytesOut',
  'onServerError',
  'onUnroutable',
  'onHandlerError',
  'onWarning',
];

export interface RecordedEvent {
  readonly name: keyof Observer;
  // biome-ignore lint/suspicious/noExplicitAny: each event has fields of its own, and a test knows which it looks at
  readonly event: any;
}

/** An observer that writes down everything, or only the named events. The bytes of an event are copied. */
export function recorder(names: ReadonlyArray<keyof Observer> = EVENTS): {
  readonly observer: Observer;
  readonly events: RecordedEvent[];
  of(name: keyof Observer): RecordedEvent['event'][];
} {
  const events: RecordedEvent[] = [];
  const observer: Record<string, (event: RecordedEvent['event']) => void> = {};
  for (const name of names) {
    observer[name] = (event) => {
      events.push({ name, event: 'bytes' in event ? { ...event, bytes: Buffer.from(event.bytes) } : event });
    };
  }
  const of = (name: keyof Observer) => events.filter((e) => e.name === name).map(({ event }) => event);
  return { observer, events, of };
}
