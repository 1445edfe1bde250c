import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { RAW } from './native.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/**
 * @typedef {object} Client
 * @property {string} name
 * @property {'ours' | 'rival' | 'limit'} kind
 * @property {(job: object) => [string, string[]]} command what runs a job
 * @property {() => string} version throws, with the reason, where the client is absent
 * @property {ReadonlySet<string>} can modes: receive publish bytes confirm single codec subs
 * @property {number} guess frames a second of 256 B, to begin calibration with
 * @property {(job: object) => number} [granule] frames are published in multiples of this
 */

/** The Node clients get what this process got: `node --cpu-prof bench/run.mjs` profiles them too. */
const runDriver = (...args) => [process.execPath, [...process.execArgv, here('./drivers/main.mjs'), ...args]];

function nodeClient(name, kind, packageName, can, guess) {
  return {
    name,
    kind,
    guess,
    can: new Set(can),
    command: (job) => runDriver(name, JSON.stringify(job)),
    version: () =>
      JSON.parse(readFileSync(here(`./node_modules/${packageName}/package.json`), 'utf8')).version,
  };
}

function scriptClient(name, program, script, can, guess) {
  const path = here(`./drivers/${script}`);
  return {
    name,
    kind: 'rival',
    guess,
    can: new Set(can),
    command: (job) => [program, [path, JSON.stringify(job)]],
    version: () => execFileSync(program, [path, '--version'], { encoding: 'utf8', stdio: 'pipe' }).trim(),
  };
}

function rawNode(raw, mode, guess) {
  return {
    name: `node-${raw}`,
    kind: 'limit',
    guess,
    can: new Set([mode, 'bytes']),
    command: (job) => [
      process.execPath,
      [here('./drivers/main.mjs'), 'raw', JSON.stringify({ ...job, raw })],
    ],
    version: () => process.version,
  };
}

function rawC(verb, mode, guess) {
  const command = ({ port, size, warm, count }) => [
    RAW,
    [
      verb,
      ...Object.entries({ port, size, warm, count }).flatMap(([name, value]) => [`--${name}`, String(value)]),
    ],
  ];
  return {
    name: `c-${verb}`,
    kind: 'limit',
    guess,
    can: new Set([mode, 'bytes']),
    command,
    version: () => 'cc -O2',
  };
}

const ALL = ['receive', 'publish', 'bytes', 'confirm', 'single', 'subs'];
const STRINGS = ['receive', 'publish', 'confirm', 'single', 'subs'];
const SCRIPT = ['receive', 'publish', 'bytes', 'confirm', 'single'];

const stompwire = nodeClient('stompwire', 'ours', '..', [...ALL, 'codec'], 1_000_000);
stompwire.version = () => {
  if (!existsSync(here('../dist/index.js'))) throw new Error('dist/index.js is not built');
  return JSON.parse(readFileSync(here('../package.json'), 'utf8')).version;
};

/** It has no Debian package, and its module could not be had where this was written: it is named so that its absence is seen. */
const goStomp = {
  name: 'go-stomp',
  kind: 'rival',
  can: new Set(STRINGS),
  guess: 1,
  command: () => ['false', []],
  version: () => {
    throw new Error('no Debian package has it, and no Go module registry was in reach: there is no driver');
  },
};

/** @type {Client[]} */
export const CLIENTS = [
  stompwire,
  nodeClient('stompit', 'rival', 'stompit', [...ALL, 'codec'], 120_000),
  nodeClient('stompjs', 'rival', '@stomp/stompjs', ALL, 55_000),
  nodeClient('stomp', 'rival', 'stomp', STRINGS, 165_000),
  nodeClient('stomp-client', 'rival', 'stomp-client', ALL, 33_000),
  nodeClient('webstomp-client', 'rival', 'webstomp-client', STRINGS, 300_000),
  scriptClient('php-stomp', 'php', 'php-stomp.php', ['receive', 'publish', 'bytes', 'single'], 700_000),
  scriptClient('ruby-stomp', 'ruby', 'ruby-stomp.rb', SCRIPT, 17_000),
  scriptClient('stomp.py', '/usr/bin/python3', 'stomp-py.py', SCRIPT, 50_000),
  scriptClient('net-stomp', 'perl', 'net-stomp.pl', SCRIPT, 74_000),
  goStomp,
  rawNode('onread64k', 'receive', 6_000_000),
  rawNode('onread256k', 'receive', 6_000_000),
  rawNode('data', 'receive', 5_000_000),
  rawC('read', 'receive', 5_000_000),
  rawNode('pub64k', 'publish', 8_000_000),
  rawC('write', 'publish', 8_000_000),
];

/** Splits them into those that can run here, with their version, and those that cannot, with the reason. */
export function findClients(wanted) {
  const unknown = wanted?.filter((name) => !CLIENTS.some((client) => client.name === name)) ?? [];
  if (unknown.length > 0)
    throw new Error(
      `no such client: ${unknown}; there are ${CLIENTS.map((client) => client.name).join(' ')}`,
    );
  const present = [];
  const absent = [];
  for (const client of CLIENTS.filter(({ name }) => !wanted || wanted.includes(name))) {
    try {
      present.push({ ...client, version: client.version() });
    } catch (error) {
      absent.push({ name: client.name, reason: explain(error) });
    }
  }
  return { present, absent };
}

function explain(error) {
  if (error.code === 'ENOENT')
    return error.syscall === 'open' ? 'not in node_modules' : `${error.path} is not installed`;
  const lines = String(error.stderr ?? '')
    .trim()
    .split('\n');
  return lines.at(-1) || String(error.message).split('\n')[0];
}
