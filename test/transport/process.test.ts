import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ScriptedBroker, type ScriptedPeer, welcome } from '../support/scripted-broker.js';
import { message } from './support.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
let directory = '';

/** The library as plain JavaScript, since Node 20 runs no TypeScript. */
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stompwire-'));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const options = ['-p', join(root, 'tsconfig.build.json'), '--outDir', directory, '--noCheck'];
  await promisify(execFile)(process.execPath, [tsc, ...options]);
  await writeFile(join(directory, 'package.json'), '{"type":"module"}');
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

interface End {
  /** Null: it had to be stopped. */
  readonly code: number | null;
  readonly out: string;
  readonly errors: string;
}

/** A program with an open `connection` to a broker of its own. */
async function run(program: string, onPeer: (peer: ScriptedPeer) => void = welcome): Promise<End> {
  await using broker = await ScriptedBroker.listen(onPeer);
  const open =
    "import { Connection } from './transport/index.js';\n" +
    `const connection = await Connection.open({ host: '127.0.0.1', port: ${broker.port} });\n`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', open + program], { cwd: directory });
  let out = '';
  let errors = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), 8_000);
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  clearTimeout(timer);
  return { code, out: out.trim(), errors };
}

/** Welcomes, and cuts the connection on the first SEND instead of answering it. */
function cutting(peer: ScriptedPeer): void {
  peer.socket.on('data', (bytes) => String(bytes).includes('SEND\n') && peer.socket.resetAndDestroy());
  welcome(peer);
}

/** Welcomes, and sends a message once it is subscribed to. */
function talking(peer: ScriptedPeer): void {
  welcome(peer);
  peer.socket.once('data', () => {
    peer.socket.once('data', () => peer.write(message('s1', 1, 'hi')));
  });
}

describe('no listeners at all', () => {
  it('the process survives the loss of its connection, with everything left unawaited', async () => {
    const end = await run(
      `connection.subscribe('/queue/a');
       connection.subscribe('/queue/b', { ack: 'client' }, () => {});
       connection.begin();
       connection.send('/queue/a', 'cut me');
       setTimeout(() => console.log('alive', connection.state), 300);`,
      cutting,
    );
    expect(end).toEqual({ code: 0, out: 'alive closed', errors: '' });
  });

  it('a publish nobody looks at is the user’s own promise: it surfaces', async () => {
    const end = await run("connection.publish('/queue/a', 'x');", cutting);
    expect(end.code).toBe(1);
    expect(end.errors).toContain('STOMP_OUTCOME_UNKNOWN');
  });

  it('a handler that throws surfaces as in any Node callback', async () => {
    const end = await run(
      "connection.subscribe('/queue/a', {}, () => { throw new Error('mine'); });",
      talking,
    );
    expect(end.code).toBe(1);
    expect(end.errors).toContain('Error: mine');
  });

  it('and where that is caught, the connection lives on', async () => {
    const end = await run(
      `process.on('uncaughtException', async (error) => {
         console.log(error.message);
         await connection.publish('/queue/b', 'still here');
         await connection.disconnect();
         console.log(connection.state);
       });
       connection.subscribe('/queue/a', {}, async () => { throw new Error('mine'); });`,
      talking,
    );
    expect(end).toEqual({ code: 0, out: 'mine\nclosed', errors: '' });
  });
});

describe('unref', () => {
  it('lets the process end while it is connected', async () => {
    const end = await run("connection.subscribe('/queue/a', {}, () => {}); connection.unref();");
    expect(end).toEqual({ code: 0, out: '', errors: '' });
  });

  it('without it the connection keeps the process alive, and ref takes it back', async () => {
    const end = await run(
      `connection.unref().ref();
       setTimeout(() => { console.log(connection.state); connection.destroy(); }, 200).unref();`,
    );
    expect(end).toEqual({ code: 0, out: 'connected', errors: '' });
  });

  it('a receipt that is waited for does not keep it alive either', async () => {
    const end = await run("connection.publish('/queue/a').catch(() => {}); connection.unref();", (peer) =>
      peer.write('CONNECTED\n\n\0'),
    );
    expect(end).toEqual({ code: 0, out: '', errors: '' });
  });
});

it('after disconnect nothing keeps the process', async () => {
  const end = await run("await connection.publish('/queue/a', 'x'); await connection.disconnect();");
  expect(end).toEqual({ code: 0, out: '', errors: '' });
});
