import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameParser, type Headers } from '../../src/frame/index.js';
import { Routes } from '../../src/transport/routes.js';
import type { Subscription } from '../../src/transport/subscription.js';

const as = (id: string, destination = `/queue/${id}`) => ({ id, destination }) as Subscription;

function headersOf(values: readonly string[], learnLayouts: boolean): Headers[] {
  const seen: Headers[] = [];
  const parser = new FrameParser(({ headers }) => seen.push(headers), { learnLayouts });
  for (const value of values) parser.push(Buffer.from(`MESSAGE\nsubscription:${value}\nmessage-id:1\n\n\0`));
  return seen;
}

const ids = [
  's1',
  's2',
  's9',
  's10',
  's11',
  's99',
  's999',
  's999999',
  's65535',
  's65536',
  's01',
  's',
  'S1',
  't1',
  '1',
];
const others = ['s0', 's3', 's1000000', 's 1', ' s2', 's2 ', 's1x', 's-1', '', '/queue/s9', '/queue/x'];

describe('the subscription of a MESSAGE', () => {
  test('is the same by its number as by its text', () => {
    const value = fc.constantFrom(...ids, ...others);
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 60 }), fc.subarray(ids), (values, live) => {
        const routes = new Routes();
        for (const id of live) routes.add(as(id));
        const find = (headers: Headers) => routes.find(headers)?.id;
        const learnt = headersOf(values, true).map(find);
        expect(learnt).toEqual(headersOf(values, false).map(find));
        expect(learnt).toEqual(
          values.map((it) => {
            const text = it.trim();
            return live.find((id) => id === text) ?? live.find((id) => `/queue/${id}` === text);
          }),
        );
      }),
    );
  });

  test('is none once it was deleted, and the new one when its id is used again', () => {
    const routes = new Routes();
    const first = as('s7', '/queue/a');
    const second = as('s7', '/queue/b');
    const headers = headersOf(['s7', 's7', 's7'], true);
    routes.add(first);
    expect(headers.map((it) => routes.find(it))).toEqual([first, first, first]);
    routes.delete(first);
    expect(headers.map((it) => routes.find(it))).toEqual([undefined, undefined, undefined]);
    routes.add(second);
    routes.delete(first); // it is not there any more
    expect(headers.map((it) => routes.find(it))).toEqual([second, second, second]);
  });
});
