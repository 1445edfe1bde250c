import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Broker } from '../../src/broker/index.js';
import { runToEnd } from './support.js';

const [CATSTOMP, STOMPCAT] = ['/usr/bin/catstomp', '/usr/bin/stompcat'];
const installed = existsSync(CATSTOMP) && existsSync(STOMPCAT);
const title = installed
  ? 'stompcat and catstomp of the Ruby gem'
  : 'stompcat and catstomp [skipped: Debian package ruby-stomp is not installed]';

async function startBroker(): Promise<Broker> {
  const broker = await Broker.start();
  onTestFinished(() => broker.stop());
  return broker;
}

function start(program: string, destination: string, { port }: Broker) {
  const env = { ...process.env, STOMP_HOST: '127.0.0.1', STOMP_PORT: String(port) };
  const child = spawn(program, [destination], { env, stdio: ['pipe', 'pipe', 'ignore'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

describe.skipIf(!installed)(title, () => {
  test('listen prints the lines that catstomp sends, ends of lines included', async () => {
    const broker = await startBroker();
    start(CATSTOMP!, '/queue/pair', broker).stdin.end('a\nb\n');
    const listen = ['listen', '/queue/pair', '--raw', '--count', '2', '--url', broker.url];
    expect(await runToEnd(listen)).toMatchObject({ code: 0, stdout: 'a\nb\n' });
    const sent = broker.received.filter(({ command }) => command === 'SEND');
    expect(sent.map(({ headers }) => [headers.get('persistent'), headers.get('receipt')])).toEqual([
      ['false', undefined],
      ['false', undefined],
    ]);
  });

  test('stompcat prints what send has sent, one body behind the other', async () => {
    const broker = await startBroker();
    const send = ['send', '/queue/pair', '--lines', '--url', broker.url];
    expect(await runToEnd(send, { stdin: 'one\ntwo\n' })).toMatchObject({ code: 0 });
    const child = start(STOMPCAT!, '/queue/pair', broker);
    let shown = '';
    await new Promise<void>((resolve) => {
      child.stdout.setEncoding('utf8').on('data', (text) => {
        shown += text;
        if (shown.length >= 6) resolve();
      });
    });
    expect(shown).toBe('onetwo');
  });
});
