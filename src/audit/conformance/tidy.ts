import { dial } from '../socket.js';
import { Conversation } from './conversation.js';
import { connectFrame, fillSecrets, type Names } from './names.js';
import type { Setting } from './stage.js';

/** How much is read away at most: no case leaves that much. */
const MOST_DRAINED = 10_000;
const LAST = 'stompwire-drained';

export interface Drained {
  readonly messages: number;
  /** False when it is not certain that the queues are empty now. */
  readonly clean: boolean;
}

async function login(setting: Setting): Promise<Conversation | undefined> {
  const { host, port, tls } = setting.target;
  const conversation = new Conversation(await dial({ host, port }, { tls }), setting.clock);
  const { bytes, shown } = fillSecrets(setting.target, connectFrame(setting.target));
  void conversation.write(bytes, shown);
  await conversation.until(() => conversation.frames.length > 0, setting.timeoutMs);
  if (conversation.frames[0]?.command === 'CONNECTED') return conversation;
  conversation.close();
  return undefined;
}

/** Reads one queue up to a message of our own, which comes last. */
async function drainQueue(setting: Setting, queue: string, untidy: boolean): Promise<Drained> {
  const conversation = await login(setting).catch(() => undefined);
  if (conversation === undefined) return { messages: 0, clean: false };
  const last = `SEND\ndestination:${queue}\npriority:0\n\n${LAST}\0`;
  const subscribe = `SUBSCRIBE\ndestination:${queue}\nid:drain\nack:auto\n\n\0`;
  void conversation.write(Buffer.from(`${last}${subscribe}`, 'latin1'));
  const { frames } = conversation;
  const bodies = () =>
    frames.filter((frame) => frame.command === 'MESSAGE').map((frame) => frame.body.toString());
  const clean = await conversation.until(
    () => bodies().includes(LAST) || frames.length > MOST_DRAINED,
    setting.timeoutMs,
  );
  if (untidy) await conversation.quiet(setting.quietMs, setting.timeoutMs);
  const bye = `UNSUBSCRIBE\ndestination:${queue}\nid:drain\n\n\0DISCONNECT\nreceipt:bye\n\n\0`;
  if (conversation.isOpen) void conversation.write(Buffer.from(bye, 'latin1'));
  await conversation.until(() => frames.some((frame) => frame.command === 'RECEIPT'), setting.timeoutMs);
  conversation.close();
  return { messages: bodies().filter((body) => body !== LAST).length, clean };
}

/** Reads away what a case has left in its queues. */
export async function drain(setting: Setting, names: Names, used: string, untidy: boolean): Promise<Drained> {
  // What was cut a moment ago comes back to its queue a moment later.
  if (untidy) await new Promise<void>((done) => setting.clock.schedule(setting.quietMs, done));
  const places = ['{q}', '{q2}'].filter((place) => used.includes(place));
  const results = await Promise.all(places.map((place) => drainQueue(setting, names.fill(place), untidy)));
  return {
    messages: results.reduce((sum, { messages }) => sum + messages, 0),
    clean: results.every(({ clean }) => clean) && !untidy,
  };
}
