import { describe, expect, it } from 'vitest';
import { SessionError } from '../../src/errors.js';
import { type Errand, Waiting } from '../../src/pool/waiting.js';
import type { Connection } from '../../src/transport/connection.js';
import { VirtualClock } from '../support/virtual-clock.js';

const LIVE = { alive: true } as Connection;

function world(timeoutMs = 100) {
  const clock = new VirtualClock();
  const waiting = new Waiting(clock, timeoutMs);
  const log: string[] = [];
  const errand = (name: string, run: () => void = () => {}): Errand => ({
    run: () => {
      log.push(`${name} runs`);
      run();
    },
    fail: ({ code, message }) => log.push(`${name} ${code} at ${clock.now()}: ${message}`),
  });
  const late = (name: string, at: number) =>
    `${name} STOMP_NOT_CONNECTED at ${at}: there was no connection within ${timeoutMs} ms`;
  return { clock, waiting, log, errand, late };
}

describe('what waits for a connection', () => {
  it('is done in the order it came', () => {
    const { waiting, log, errand } = world();
    waiting.add(errand('a'), true);
    waiting.add(errand('b'), false);
    expect(waiting.size).toBe(2);
    waiting.run(LIVE);
    expect([log, waiting.size]).toEqual([['a runs', 'b runs'], 0]);
    waiting.run(LIVE);
    expect(log).toHaveLength(2);
  });

  it('stays where the connection ends under it', () => {
    const { waiting, log, errand } = world();
    const live = { alive: true };
    const end = () => {
      live.alive = false;
    };
    waiting.add(errand('a', end), true);
    waiting.add(errand('b'), true);
    waiting.run(live as Connection);
    expect([log, waiting.size]).toEqual([['a runs'], 1]);
  });

  it('fails when it is due, each at its own time, and without a timer left over', async () => {
    const { clock, waiting, log, errand, late } = world();
    const start = clock.now();
    waiting.add(errand('a'), true);
    await clock.advance(40);
    waiting.add(errand('b'), true);
    waiting.add(errand('c'), false);
    expect(clock.pending).toHaveLength(1);
    await clock.advance(59);
    expect(log).toEqual([]);
    await clock.advance(1);
    expect(log).toEqual([late('a', start + 100)]);
    await clock.advance(39);
    expect(log).toHaveLength(1);
    await clock.advance(1);
    expect(log).toEqual([late('a', start + 100), late('b', start + 140)]);
    expect([waiting.size, clock.pending]).toEqual([1, []]);
    waiting.add(errand('d'), true);
    await clock.advance(100);
    expect(log.at(-1)).toBe(late('d', start + 240));
  });

  it('does not fail once it was done or forgotten', async () => {
    const { clock, waiting, log, errand } = world();
    const [a, b] = [errand('a'), errand('b')];
    waiting.add(a, true);
    expect([waiting.remove(a), waiting.remove(a)]).toEqual([true, false]);
    waiting.add(b, true);
    waiting.run(LIVE);
    await clock.advance(1_000);
    expect([log, waiting.size]).toEqual([['b runs'], 0]);
  });

  it('waits for ever without a limit', async () => {
    const { clock, waiting, log, errand } = world(Number.POSITIVE_INFINITY);
    waiting.add(errand('a'), true);
    expect(clock.pending).toEqual([]);
    await clock.advance(1_000_000);
    expect([log, waiting.size]).toEqual([[], 1]);
  });

  it('fails as a whole', () => {
    const { clock, waiting, log, errand } = world();
    waiting.add(errand('a'), true);
    waiting.add(errand('b'), false);
    waiting.failAll(new SessionError('STOMP_CLOSED', 'over'));
    expect(log).toEqual([`a STOMP_CLOSED at ${clock.now()}: over`, `b STOMP_CLOSED at ${clock.now()}: over`]);
    expect([waiting.size, clock.pending]).toEqual([0, []]);
    waiting.failAll(new SessionError('STOMP_CLOSED', 'again')); // nobody is left to hear it
    expect(log).toHaveLength(2);
    waiting.add(errand('c'), true);
    expect(clock.pending).toEqual([{ dueAt: clock.now() + 100, unrefed: true }]); // it keeps no process alive
  });

  it('later gives what was made of the connection, or why there was none', async () => {
    const { clock, waiting } = world();
    const kept = waiting.later((live) => live === LIVE, false);
    const late = waiting.later(() => 'never', true).catch(({ code }) => code);
    await clock.advance(100);
    expect(await late).toBe('STOMP_NOT_CONNECTED');
    waiting.run(LIVE);
    expect(await kept).toBe(true);
  });
});
