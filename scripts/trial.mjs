// The lines of README.md, typed by somebody who has the package and nothing else: an empty folder, an empty npm cache,
// no registry, and real terminals (`script` of util-linux gives each command its own). Only the ports are others.

import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, join } from 'node:path';

const PATIENCE_MS = 30_000;
const CTRL_C = '\x03';
/** What a user with the package alone does not type, and why. */
const NOT_TYPED = { clone: 'needs a clone' };

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** One terminal with one line typed into it. */
class Terminal {
  #child;
  #text = '';
  #changed = () => {};
  #code;

  constructor(line, cwd, env) {
    this.line = line;
    this.#child = spawn('script', ['--quiet', '--return', '--flush', '--command', line, '/dev/null'], {
      cwd,
      env,
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        this.#text += text;
        this.#changed();
      });
    }
    this.#child.stdin.on('error', () => {});
    this.#child.once('error', (error) => this.#end(`cannot be run: ${error.message}`));
    this.#child.once('close', (code, signal) => this.#end(code ?? signal));
  }

  #end(code) {
    this.#code ??= code;
    this.#changed();
  }

  /** What it shows, without colours and the wheel that npx turns. */
  get text() {
    return this.#text.replaceAll(/\r|\x1b\[[\d;?]*[A-Za-z]|[\u2800-\u28ff]/g, '');
  }

  async #until(done, what) {
    const end = Date.now() + PATIENCE_MS;
    while (!done()) {
      const left = end - Date.now();
      const over = this.#code !== undefined;
      if (left <= 0 || over) {
        const why = over ? `it ended with ${this.#code}` : `not within ${PATIENCE_MS} ms`;
        throw new Error(`$ ${this.line}\nexpected ${what}; ${why}. It shows:\n${this.text}`);
      }
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#changed = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  shows(pattern) {
    return this.#until(() => pattern.test(this.text), `${pattern}`);
  }

  async ends(...codes) {
    const wanted = codes.length > 0 ? codes : [0];
    await this.#until(() => wanted.includes(this.#code), `the exit code ${wanted.join(' or ')}`);
    return this.text;
  }

  /** The commands end with 0 then; npx, which the terminal interrupts too, makes 130 of that. */
  ctrlC() {
    this.#child.stdin.write(CTRL_C);
    return this.ends(0, 130);
  }

  /** Its terminal goes, and with it what runs there. */
  close() {
    if (this.#code === undefined) this.#child.kill('SIGKILL');
  }
}

/** The fenced blocks: `sh` by their name, other files by the name in their first line or behind `ini`. */
function readReadme(root, ports) {
  let text = readFileSync(join(root, 'README.md'), 'utf8');
  // The broker without a port has the usual one.
  text = text.replace(/^npx stompwire broker$/m, '$& --port 61613');
  for (const [port, own] of Object.entries(ports)) text = text.replaceAll(port, String(own));
  const typed = new Map();
  const files = new Map();
  for (const [, language, mark, body] of text.matchAll(/^```(\w+) ?([^\n]*)\n([\s\S]*?)^```$/gm)) {
    const [, file] = /^\/\/ (\S+\.mjs)\n/.exec(body) ?? [];
    if (language === 'sh' && typed.has(mark)) throw new Error(`README.md: two blocks \`sh ${mark}\``);
    if (language === 'sh') typed.set(mark, body.replaceAll('\\\n', ' ').trim().split('\n'));
    else if (file) files.set(file, body);
    else if (language === 'ini' && mark) files.set(mark, body);
  }
  return { typed, files };
}

export async function trial(root, archive, work) {
  if (process.platform !== 'linux') {
    console.log('trial: skipped, as there is no `script` of util-linux to type into');
    return;
  }
  const ports = { 61613: await freePort(), 61612: await freePort(), 61614: await freePort() };
  const { typed, files } = readReadme(root, ports);
  const [cwd, home] = [join(work, 'stranger'), join(work, 'home')];
  mkdirSync(cwd);
  mkdirSync(home);
  copyFileSync(archive, join(cwd, basename(archive)));
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    TERM: 'xterm',
    LANG: 'C.UTF-8',
    npm_config_cache: join(work, 'empty-cache'),
    npm_config_registry: 'http://127.0.0.1:9/', // nothing listens there
    npm_config_update_notifier: 'false',
  };
  const open = [];
  const type = (line) => {
    const terminal = new Terminal(line, cwd, env);
    open.push(terminal);
    return terminal;
  };
  const used = new Set();
  /** The lines of a block; the last one may be left running. */
  const linesOf = (name) => {
    used.add(name);
    const lines = typed.get(name);
    if (lines === undefined) throw new Error(`README.md has no block \`sh ${name}\``);
    return lines;
  };
  const start = (name) => type(linesOf(name).join('\n'));
  const run = async (name) => {
    const shown = [];
    for (const line of linesOf(name)) shown.push(await type(line).ends());
    return shown.join('');
  };
  const save = (name) => {
    if (!files.has(name)) throw new Error(`README.md has no ${name}`);
    writeFileSync(join(cwd, name), files.get(name));
  };
  const expect = (text, pattern) => {
    if (!pattern.test(text)) throw new Error(`expected ${pattern} in:\n${text}`);
  };

  try {
    await run('install');
    const broker = start('broker');
    await broker.shows(/listening on/);
    const listener = start('listen');
    await listener.shows(/listening to \/queue\/greetings/);
    await run('send');
    await listener.shows(/^hello$/m);
    await listener.ctrlC();
    save('hello.mjs');
    expect(await type('node hello.mjs').ends(), /^hello$/m);
    console.log('trial: a message over plain TCP, in a terminal and in a program');

    await run('certificate');
    const secure = start('tls-broker');
    await secure.shows(/listening on stomp\+ssl:/);
    expect(await run('tls'), /^hello over TLS$/m);
    const [unverified] = typed.get('tls').map((line) => line.replace(' --ca cert.pem', ''));
    expect(await type(unverified).ends(2), /STOMP_TLS_FAILED/);
    console.log('trial: a message over TLS, verified, and refused where it cannot be');

    const second = start('second-broker');
    await second.shows(/listening on/);
    const both = start('failover');
    await both.shows(/listening to \/queue\/greetings/);
    await broker.ctrlC();
    await both.shows(/lost the connection[\s\S]*connected again, to stomp:/);
    await run('failover-send');
    await both.shows(/^still here$/m);
    await both.ctrlC();
    expect(await run('demo'), /lost +0 /);
    console.log('trial: a failover, seen by a listener and counted by the demo');

    const again = start('broker');
    await again.shows(/listening on/);
    save('client.cfg');
    save('agent.mjs');
    expect(await run('agent'), /^ping$/m);
    expect(await run('check-config'), /No warnings\./);
    expect(await run('commands'), /round trip[\s\S]*"body":"hello"/);
    for (const one of [again, second, secure]) await one.ctrlC();
    console.log('trial: the configuration of MCollective, and the other commands');

    const left = [...typed.keys()].filter((name) => !used.has(name) && !(name in NOT_TYPED));
    if (left.length > 0) throw new Error(`README.md has lines that nobody types: ${left.join(', ')}`);
  } finally {
    for (const terminal of open) terminal.close();
  }
}
