import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { type Output, printable, Terminal } from '../../src/cli/terminal.js';
import { runToEnd } from './support.js';

function terminal(tty: boolean, env: Record<string, string> = {}) {
  const streams = [new PassThrough(), new PassThrough()].map((one) =>
    Object.assign(one, { isTTY: tty, columns: 20 }),
  );
  const [stdout, stderr] = streams as unknown as [PassThrough, PassThrough];
  const said = (stream: PassThrough) => String(stream.read() ?? '');
  return {
    terminal: new Terminal(stdout as Output, stderr as Output, env),
    stdout,
    out: () => said(stdout),
    err: () => said(stderr),
  };
}

describe('a terminal', () => {
  test('has a live line on stderr, cut to its width, which makes way for what is said', () => {
    const { terminal: t, out, err } = terminal(true);
    t.status('0123456789 0123456789');
    t.line('result');
    t.note('note');
    expect(err()).toBe('\r\x1b[K0123456789 01234567\r\x1b[Knote\n');
    expect(out()).toBe('result\n');
  });

  test('has colours, but not with NO_COLOR', () => {
    expect(terminal(true).terminal.paint('red', 'a')).toBe('\x1b[31ma\x1b[0m');
    expect(terminal(true, { NO_COLOR: '1' }).terminal.paint('red', 'a')).toBe('a');
    expect(terminal(true, { TERM: 'dumb' }).terminal.paint('red', 'a')).toBe('a');
  });

  test('that is a file or a pipe has neither', () => {
    const { terminal: t, err } = terminal(false);
    t.status('live');
    expect([err(), t.paint('red', 'a')]).toEqual(['', 'a']);
  });

  test('tells when nobody reads any more, and drops what follows', async () => {
    const { terminal: t, stdout, out } = terminal(false);
    stdout.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    expect([t.gone.aborted, t.failure]).toEqual([true, undefined]);
    expect(await t.write('more')).toBe(false);
    expect(out()).toBe('');
  });

  test('keeps any other reason why nothing can be written', () => {
    const { terminal: t, stdout } = terminal(false);
    stdout.emit('error', Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' }));
    expect(t.failure?.message).toBe('ENOSPC: no space left');
  });
});

test('what would move the cursor is written as an escape', () => {
  expect(printable('a\tb é\n\x1b[2J\x9b1m\u2028')).toBe('a\tb é\\x0a\\x1b[2J\\x9b1m\\x2028');
});

test('a broker cannot paint on the screen by an error', async () => {
  const { stderr } = await runToEnd(['check-config', '/no/\x1b[2J']);
  expect(stderr).toBe('stompwire: cannot read /no/\\x1b[2J: there is no such file\n');
});
