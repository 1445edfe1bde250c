import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Broker } from '../../src/broker/index.js';
import { certificate } from '../brokers/rig/index.js';
import { configFor, run, runToEnd, temporaryFile } from '../cli/support.js';
import { type Block, blocksOf, documents, ROOT } from './markdown.js';

const sessions = documents()
  .flatMap((file) => blocksOf(file))
  .filter(({ language, text }) => language === 'text' && text.startsWith('$ '));

/** Those that are not run here, and why. */
const NOT_RUN: Readonly<Record<string, string>> = {
  'audit proxy': 'needs a client beside it: test/cli/audit-proxy.test.ts',
  'audit read': 'needs recorded transcripts, and shows no output: test/cli/audit-read.test.ts',
  'audit broker': 'takes what a broker is: test/cli/audit-suites.test.ts',
  'audit client': 'needs a client beside it: test/cli/audit-suites.test.ts',
};

const nameOf = ({ text }: Block): string =>
  /^\$ (?:npm )?(?:stompwire )?(audit \w+|[\w-]+)/.exec(text)?.[1] ?? text;

/** What is the same in every run: no counts, no times, no names of sessions, columns of any width. */
function shape(text: string): string[] {
  return text
    .replaceAll(/\b(?=\w*[a-z])[a-z0-9]{6,9}-\d+(:\d+)?/g, 'ID')
    .replaceAll(/\d[\d.,]*/g, '0')
    .replaceAll(/[ \t]+/g, ' ')
    .trimEnd()
    .split('\n')
    .map((line) => line.trim());
}

const outputOf = (block: Block): string => block.text.replaceAll(/^\$ .*\n/gm, '');

async function broker(): Promise<Broker> {
  const one = await Broker.start();
  onTestFinished(() => one.stop());
  return one;
}

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const runs: Readonly<Record<string, (block: Block) => Promise<void>>> = {
  start: async (block) => {
    const { code, stdout } = await runToEnd(['demo']);
    expect(code).toBe(0);
    expect(shape(stdout)).toEqual(shape(outputOf(block)));
  },

  'check-config': async (block) => {
    const { stdout } = await runToEnd(['check-config', join(ROOT, 'examples/client-pool.cfg')]);
    expect(stdout.replace(`${ROOT}`, '')).toBe(outputOf(block));
  },

  send: async (block) => {
    const { url } = await broker();
    expect(await runToEnd(['send', '/queue/greetings', 'hello', '--url', url])).toMatchObject({ code: 0 });
    const lines = ['send', '/topic/log', '--lines', '--no-persistent', '--url', url];
    expect(await runToEnd(lines, { stdin: 'a\nb\n' })).toMatchObject({ code: 0, stdout: '' });
    const json = ['send', '/queue/import', '--lines', '--json', '--url', url];
    const { stdout } = await runToEnd(json, { stdin: 'a\nb\n' });
    expect(shape(stdout)).toEqual(shape(outputOf(block)));
  },

  listen: async (block) => {
    const { url } = await broker();
    await runToEnd(['send', '/queue/greetings', 'hello', '--url', url]);
    const { stdout } = await runToEnd(['listen', '/queue/greetings', '--count', '1', '--json', '--url', url]);
    expect(shape(stdout)).toEqual(shape(outputOf(block)));
  },

  ping: async (block) => {
    const plain = await broker();
    const read = (file: string) => readFileSync(certificate(file));
    const secure = await Broker.start({ tls: { cert: read('server.pem'), key: read('server.key') } });
    onTestFinished(() => secure.stop());
    const config = readFileSync(configFor(plain.port, secure.port, await closedPort()), 'utf8');
    const tls = `plugin.stomp.pool.ssl2 = 1\nplugin.stomp.pool.ssl2.ca = ${certificate('ca.pem')}\n`;
    const { code, stdout } = await runToEnd(['ping', '--config', temporaryFile('client.cfg', config + tls)]);
    expect(code).toBe(1);
    expect(shape(stdout)).toEqual(shape(outputOf(block)));
  },

  broker: async (block) => {
    const one = run(['broker', '--port', '0']);
    await one.says(/listening on \S+;/);
    const [url = ''] = /stomp:\/\/[\d.:]+/.exec(one.stdout())!;
    await runToEnd(['send', '/queue/greetings', 'hello', '--url', url]);
    await one.says(/1 closed/);
    one.interrupt();
    expect(await one.done).toBe(0);
    const told = shape(outputOf(block));
    expect(told.pop()).toBe('...');
    expect(shape(one.stdout()).slice(0, told.length)).toEqual(told);
  },
};

describe('sessions in the documents', () => {
  test('each is run, or is not for a reason', () => {
    expect(sessions.length).toBeGreaterThan(8);
    const names = sessions.map(nameOf);
    expect(names.filter((name) => !(name in runs) && !(name in NOT_RUN))).toEqual([]);
    expect(Object.keys({ ...runs, ...NOT_RUN }).filter((name) => !names.includes(name))).toEqual([]);
  });

  test.each(sessions.filter((one) => nameOf(one) in runs).map((one) => [nameOf(one), one] as const))(
    '%s says what the document says',
    (name, block) => runs[name]!(block),
  );

  test('an error is one line, as in docs/cli.md', async () => {
    const [error, ...more] = blocksOf('docs/cli.md').filter(({ text }) => text.startsWith('stompwire: '));
    expect(more).toEqual([]);
    const url = `stomp://127.0.0.1:${await closedPort()}`;
    const { code, stdout, stderr } = await runToEnd(['send', '/queue/greetings', 'hello', '--url', url]);
    expect([code, stdout]).toEqual([2, '']);
    expect(shape(stderr)).toEqual(shape(error!.text));
  });

  test('a line that is not there is found', () => {
    expect(shape('lost 0\n')).toEqual(shape('lost   12\n'));
    expect(shape('lost 0\n')).not.toEqual(shape('lost 0\nfound 1\n'));
  });
});
