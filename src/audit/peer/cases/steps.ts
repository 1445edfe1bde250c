import type { Section } from '../../conformance/types.js';
import { dialect, fail, type Judgement, notSupported, pass } from '../../conformance/verdict.js';
import { show } from '../../conformance/wire.js';
import type { ClientSeen, Told } from '../seen.js';
import type { ClientCase, PeerStep, Port } from '../types.js';

export type PeerSteps = readonly (PeerStep | readonly PeerStep[])[];
export type ClientCaseText = Omit<ClientCase, 'section' | 'steps'> & { readonly steps: PeerSteps };

export function section(name: Section, cases: readonly ClientCaseText[]): readonly ClientCase[] {
  return cases.map((one) => ({ ...one, section: name, steps: one.steps.flat() }));
}

export const accept = (as: string, on?: Port): PeerStep =>
  on === undefined ? { do: 'accept', as } : { do: 'accept', as, on };
/** A connection that need not come: without it, the rest of the steps is left out. */
export const acceptAgain = (as: string, on: Port): PeerStep => ({ do: 'accept', as, on, again: true });
export const awaiting = (as: string, command: string, count = 1): PeerStep => ({
  do: 'await',
  as,
  command,
  count,
});
export const told = (as: string, body: string): PeerStep => ({ do: 'told', as, body });
export const write = (as: string, bytes: string, pieces?: readonly number[]): PeerStep =>
  pieces === undefined ? { do: 'write', as, bytes } : { do: 'write', as, bytes, pieces };
export const pause = (times = 1): PeerStep => ({ do: 'pause', times });
export const cut = (as: string): PeerStep => ({ do: 'cut', as });
export const finish = (as: string): PeerStep => ({ do: 'finish', as });
export const ended = (as: string): PeerStep => ({ do: 'ended', as });

export const CONNECTED = 'CONNECTED\nsession:suite\n\n\0';
const HEAD = 'MESSAGE\ndestination:{destination}\nmessage-id:m1\n{subscription}';

/** A MESSAGE with these further header lines and this body. */
export const message = (headers: string, body: string): string => `${HEAD}${headers}\n${body}\0`;
/** One that every client can read. It tells whether the client is still in step. */
export const SOUND = 'MESSAGE\ndestination:{destination}\nmessage-id:m2\n{subscription}\nafter\0';

export const greeted = (as: string): readonly PeerStep[] => [awaiting(as, 'CONNECT'), write(as, CONNECTED)];
export const opened = (as = 'a'): readonly PeerStep[] => [
  accept(as),
  ...greeted(as),
  awaiting(as, 'SUBSCRIBE'),
];

/** Sends these bytes to a client that is ready, then a message that it has to understand. */
export function offered(bytes: string, pieces?: readonly number[]): readonly PeerStep[] {
  return [...opened(), write('a', bytes, pieces), pause(), write('a', SOUND), told('a', 'after'), pause(0.3)];
}

/** The report of the message that the case is about, if there is one. */
export function subject(seen: ClientSeen): Told | undefined {
  return seen.told().find(({ body }) => body !== 'after');
}

export const inStep = (seen: ClientSeen): boolean => seen.bodies().includes('after');

/** What became of the bytes, where the specification leaves it open. */
export function outcome(seen: ClientSeen, what: (message: Told) => string): string {
  const found = subject(seen);
  const first = found === undefined ? '' : what(found);
  if (inStep(seen)) return first === '' ? 'dropped, and goes on' : first;
  const end = seen.isEnded() ? 'ends the connection' : 'hangs';
  return first === '' ? end : `${first}, then ${end}`;
}

/** Passes when the message was read as `check` has it, and the next one too. */
export const mustRead =
  (check: (message: Told) => string | undefined) =>
  (seen: ClientSeen): Judgement => {
    const found = subject(seen);
    const trouble = found === undefined ? undefined : check(found);
    if (found !== undefined && trouble === undefined && inStep(seen)) return pass();
    return fail(outcome(seen, () => trouble ?? 'read'));
  };

export const body = (text: string) => (message: Told) =>
  message.body === text ? undefined : `reads the body as ${show(message.body, 40)}`;

/** Passes when this header came as it was sent. */
export const header = (name: string, value: string) => (message: Told) => {
  const values = message.headers.filter(([found]) => found === name).map(([, found]) => found);
  if (values.includes(value)) return undefined;
  return values.length === 0 ? 'drops the header' : `reads the value as ${show(values[0]!, 40)}`;
};

/** What a client makes of a length that is wrong: ending the connection is right, not noticing is not. */
export function wrongLength(seen: ClientSeen): Judgement {
  const observed = outcome(seen, ({ body: text }) => `reads the body as ${show(text, 30)}`);
  if (subject(seen) === undefined && seen.isEnded()) return pass('ends the connection');
  return inStep(seen) ? dialect(observed) : fail(observed);
}

export const reported =
  (what: (message: Told) => string) =>
  (seen: ClientSeen): Judgement =>
    dialect(outcome(seen, what));

export const cannot = (seen: ClientSeen): Judgement | undefined =>
  seen.said().includes('unsupported') ? notSupported('the client cannot do that') : undefined;
