import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { run, runToEnd, temporaryFile } from './support.js';

const RABBIT = fileURLToPath(new URL('../audit/fixtures/rabbitmq-session.jsonl', import.meta.url));

const head = (part = 1) => JSON.stringify({ v: 1, kind: 'stompwire-transcript', part, startedAt: 'now' });
const line = (fields: object) => JSON.stringify({ c: 1, t: 1, w: 1, ...fields });
const open = (c = 1) => line({ c, open: 'stomp://127.0.0.1:61613' });
const sent = (text: string, at = 0, c = 1) => line({ c, to: 'broker', at, text });
const got = (text: string, at = 0, c = 1) => line({ c, to: 'client', at, text });
const close = (c = 1) => line({ c, close: 'client' });
const CONNECT = 'CONNECT\nlogin:me\n\n\0';
const begun = (c = 1) => [open(c), sent(CONNECT, 0, c), got('CONNECTED\nsession:1\n\n\0', 0, c)];
const BAD = 'SEND\n\nfoo\0';

const file = (...lines: string[]) => temporaryFile('session.jsonl', `${lines.join('\n')}\n`);
const read = (...argv: string[]) => runToEnd(['audit', 'read', ...argv]);

function output(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'stompwire-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, name);
}

test('a violation: told with its bytes and what to do, code 1', async () => {
  const { code, stdout, stderr } = await read(file(head(), ...begun(), sent(BAD, CONNECT.length), close()));
  expect(stdout).toContain('violation of the client: send-without-destination P20\n');
  expect(stdout).toContain('  SEND\\n\\nfoo\\0\n  Say where the body is to go.\n');
  expect([code, stderr]).toEqual([1, '']);
});

test('advice alone is told, and code 0', async () => {
  const path = file(head(), ...begun(), close());
  const { code, stdout } = await read(path);
  expect(stdout).toContain('advice of the client: closed-without-disconnect');
  expect(code).toBe(0);
  expect((await read(path, '--fail-on', 'advice')).code).toBe(1);
  const less = await read(path, '--fail-on', 'advice', '--severity', 'deviation');
  expect(less.stdout).toMatch(/: no findings\n$/);
  expect(less.code).toBe(0);
});

test('--connection: those alone', async () => {
  const lines = [...begun(1), ...begun(2), sent(BAD, CONNECT.length, 2), close(1), close(2)];
  const path = file(head(), ...lines);
  const found = async (...argv: string[]) => {
    const { code, stdout } = await read(path, '--json', ...argv);
    return [code, JSON.parse(stdout).summary.findings.violation];
  };
  expect(await found('--connection', '1')).toEqual([0, 0]);
  expect(await found('--connection', '2')).toEqual([1, 1]);
  expect(await found('--connection', '1,2')).toEqual([1, 1]);
  expect(await found('--connection', '1', '--connection', '2')).toEqual([1, 1]);
});

test('several transcripts: connections are numbered on, and do not mix', async () => {
  const one = file(head(), ...begun(), sent(BAD, CONNECT.length), close());
  const { stdout } = await read(one, one, '--json', '--severity', 'violation');
  const { summary, findings } = JSON.parse(stdout);
  expect(summary).toMatchObject({ connections: 2, records: 10, frames: 6, findings: { violation: 2 } });
  expect(findings.map(({ connection, record }: never) => [connection, record])).toEqual([
    [1, 3],
    [2, 8],
  ]);
});

test('parts are one transcript', async () => {
  const again = line({ open: 'stomp://127.0.0.1:61613', again: true });
  const first = file(head(1), ...begun());
  const second = file(head(2), again, sent(BAD, CONNECT.length), close());
  const { summary, findings } = JSON.parse((await read(first, second, '--json')).stdout);
  expect(summary).toMatchObject({ connections: 1, frames: 3 });
  expect(findings.map(({ rule }: { rule: string }) => rule)).toContain('send-without-destination');
  expect(findings.map(({ rule }: { rule: string }) => rule)).not.toContain('frame-before-connect');
});

test('- is standard input', async () => {
  const text = `${[head(), ...begun(), close()].join('\r\n')}\r\n`;
  const { code, stdout } = await runToEnd(['audit', 'read', '-'], { stdin: text });
  expect([code, stdout]).toEqual([0, expect.stringContaining('2 frames on 1 connection')]);
});

test('--html and --junit', async () => {
  const [html, junit] = [output('a.html'), output('a.xml')];
  const { code } = await read(RABBIT, '--html', html, '--junit', junit, '--connection', '1');
  expect(code).toBeLessThanOrEqual(1);
  expect(readFileSync(html, 'utf8')).toMatch(/^<!doctype html>[\s\S]*<h3>Connection 1 [\s\S]*<\/html>\n$/);
  expect(readFileSync(junit, 'utf8')).toMatch(/^<\?xml[\s\S]*<\/testsuites>\n$/);
});

test('JUnit fails what the exit code fails', async () => {
  const path = file(head(), ...begun(), close());
  const junit = output('a.xml');
  await read(path, '--junit', junit);
  expect(readFileSync(junit, 'utf8')).toContain('failures="0"');
  await read(path, '--junit', junit, '--fail-on', 'advice');
  expect(readFileSync(junit, 'utf8')).toMatch(/failures="[1-9]/);
});

test('a last line that is not whole is left out, and told', async () => {
  const path = temporaryFile(
    'a.jsonl',
    `${[head(), ...begun(), sent(BAD, CONNECT.length)].join('\n')}\n{"c":1,"t`,
  );
  const { code, stdout, stderr } = await read(path);
  expect(code).toBe(1);
  expect(stdout).toContain('3 frames on 1 connection');
  expect(stderr).toBe(`stompwire: ${path}, line 6: the last line is not whole, and left out\n`);
});

test.each([
  ['no transcript', 'hello\n', 'STOMP_TRANSCRIPT_INVALID: PATH, line 1: not JSON'],
  ['another JSON', '{"a":1}\n', 'STOMP_TRANSCRIPT_INVALID: PATH, line 1: a transcript begins with'],
  ['a later version', '{"v":2}\n', 'STOMP_TRANSCRIPT_VERSION: PATH, line 1: version 2 is not known'],
  ['a broken line', `${head()}\n{"c\n${open()}\n`, 'STOMP_TRANSCRIPT_INVALID: PATH, line 2: not JSON'],
  ['an empty file', '', 'PATH: the file is empty'],
])('%s: one line, code 2', async (_name, text, message) => {
  const path = temporaryFile('a.jsonl', text);
  const { code, stdout, stderr } = await read(path);
  expect(stderr).toContain(`stompwire: ${message.replace('PATH', path)}`);
  expect([code, stdout, stderr.trimEnd().split('\n').length]).toEqual([2, '', 1]);
  const json = JSON.parse((await read(path, '--json')).stderr);
  expect(json.error.message).toContain(message.replace('PATH', path));
});

test('files that are not there: one line, code 2, and no report is begun', async () => {
  expect(await read('/no/such')).toMatchObject({
    code: 2,
    stderr: 'stompwire: cannot read /no/such: there is no such file\n',
  });
  const path = file(head(), ...begun());
  expect(await read(path, '--html', '/no/such/page')).toMatchObject({
    code: 2,
    stderr: 'stompwire: cannot write /no/such/page: there is no such file\n',
  });
  expect(existsSync('/no/such/page')).toBe(false);
});

test('Ctrl-C', async () => {
  const path = file(head(), ...begun(), ...Array.from({ length: 30_000 }, (_, i) => got('\n', 22 + i)));
  const reading = run(['audit', 'read', path]);
  setImmediate(() => reading.interrupt());
  expect(await reading.done).toBe(130);
  expect(reading.stdout()).toBe('');
});
