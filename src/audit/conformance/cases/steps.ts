import type { BrokerCase, Section, Step, Want } from '../types.js';

/** The steps as the tables of cases write them. */
export type Steps = readonly (Step | readonly Step[])[];

export type CaseText = Omit<BrokerCase, 'section' | 'steps'> & { readonly steps: Steps };

export function section(name: Section, cases: readonly CaseText[]): readonly BrokerCase[] {
  return cases.map((one) => ({ ...one, section: name, steps: one.steps.flat() }));
}

export const dialIn = (as: string): Step => ({ do: 'dial', as });
export const login = (as: string): Step => ({ do: 'login', as });
export const write = (as: string, bytes: string, pieces?: readonly number[]): Step =>
  pieces === undefined ? { do: 'write', as, bytes } : { do: 'write', as, bytes, pieces };
const wait = (as: string, want: Want): Step => ({ do: 'await', as, want });
/** The first frame behind the mark. */
export const first = (as: string): Step => wait(as, { first: true });
/** This RECEIPT, or an ERROR. */
export const answer = (as: string, id: string): Step => wait(as, { answer: id });
export const receipt = (as: string, id: string): Step => wait(as, { receipt: id });
export const messages = (as: string, count: number): Step => wait(as, { messages: count });
export const body = (as: string, text: string): Step => wait(as, { body: text });
export const quiet = (as: string, times = 1): Step => ({ do: 'quiet', as, times });
export const pause = (times = 1): Step => ({ do: 'pause', times });
/** Waits for the broker to end a connection, as long as patience lasts. */
export const linger = (as: string): Step => ({ do: 'linger', as });
export const probe = (as: string): Step => ({ do: 'probe', as });
export const mark = (as: string): Step => ({ do: 'mark', as });
export const cut = (as: string): Step => ({ do: 'cut', as });
export const hold = (as: string): Step => ({ do: 'hold', as });
export const release = (as: string): Step => ({ do: 'release', as });

/** A subscription that is in place before the question is asked. */
export function subscribed(as: string, headers: string): readonly Step[] {
  return [write(as, `SUBSCRIBE\n${headers}receipt:sub\n\n\0`), answer(as, 'sub'), mark(as)];
}

/** Subscribes to `{q}` without acknowledgement. */
export function reading(as: string): readonly Step[] {
  return [login(as), ...subscribed(as, 'destination:{q}\nid:s1\nack:auto\n')];
}

/** Writes one frame with `receipt:r1`, waits for its answer, and asks whether the connection still lives. */
export function asked(as: string, bytes: string): readonly Step[] {
  return [mark(as), write(as, bytes), answer(as, 'r1'), probe(as)];
}

/** What a later consumer finds in `{q}`: everything up to a message `end` that is sent last. */
export function remaining(as: string, place = '{q}'): readonly Step[] {
  return [
    pause(),
    login(as),
    write(as, `SUBSCRIBE\ndestination:${place}\nid:rest\nack:auto\n\n\0`),
    write(as, `SEND\ndestination:${place}\n\nend\0`),
    body(as, 'end'),
    quiet(as),
  ];
}

/** Messages with these bodies, sent to a place before anything else happens. */
export function filled(as: string, place: string, ...bodies: readonly string[]): readonly Step[] {
  const frames = bodies.map((text, index) => {
    const last = index === bodies.length - 1 ? 'receipt:fill\n' : '';
    return `SEND\ndestination:${place}\n${last}\n${text}\0`;
  });
  return [write(as, frames.join('')), answer(as, 'fill'), mark(as)];
}
