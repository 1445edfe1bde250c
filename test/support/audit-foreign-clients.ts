import { execFileSync, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ClientErrand } from '../../src/audit/peer/index.js';
import type { Needed } from '../brokers/rig/index.js';
import { NPM_CLIENTS, npmVersion } from './npm-clients.js';

const SCRIPTS = fileURLToPath(new URL('../audit/clients/', import.meta.url));
const DRIVERS = fileURLToPath(new URL('../../bench/drivers/', import.meta.url));

/** A client of somebody else's, and the program of test/audit/clients that runs it on the errand. */
export interface ForeignClient {
  /** As the tables of the documents have it. */
  readonly name: string;
  readonly needed: Needed;
  readonly command: string;
  readonly script: string;
}

export const FOREIGN_CLIENTS: readonly ForeignClient[] = [
  { name: 'ruby-stomp', needed: 'ruby-stomp', command: 'ruby', script: 'ruby-stomp.rb' },
  { name: 'stomp.py', needed: 'python3-stomp', command: '/usr/bin/python3', script: 'stomp-py.py' },
  { name: 'Net::Stomp', needed: 'perl-net-stomp', command: 'perl', script: 'net-stomp.pl' },
  { name: 'PHP-stomp', needed: 'php-stomp', command: 'php', script: 'php-stomp.php' },
  { name: 'stompit', needed: 'stompit', command: process.execPath, script: 'stompit.mjs' },
  { name: '@stomp/stompjs', needed: '@stomp/stompjs', command: process.execPath, script: 'stompjs.mjs' },
];

/** Those, and one that is looked at and not used: it cannot send bytes, and hears of no RECEIPT. */
export const AUDITED_CLIENTS: readonly ForeignClient[] = [
  ...FOREIGN_CLIENTS,
  { name: 'stomp-client', needed: 'stomp-client', command: process.execPath, script: 'stomp-client.mjs' },
];

/** The version that is installed. */
export function versionOf({ needed, command, script }: ForeignClient): string {
  const version = npmVersion(needed);
  if (version !== undefined) return version;
  return execFileSync(command, [`${DRIVERS}${script}`, '--version'], { encoding: 'utf8' }).trim();
}

/**
 * A driver that runs a program for each case and ends it with the case. `queues` is what the names of its two
 * destinations, `in` and `out`, begin with.
 */
export function spawned({ command, script }: ForeignClient, queues = '/queue/') {
  return ({ port, secondPort, id, signal }: ClientErrand): Promise<void> =>
    new Promise((resolve) => {
      const args = [`${SCRIPTS}${script}`, String(port), String(secondPort), id];
      const env = {
        ...process.env,
        STOMPWIRE_CLIENTS: NPM_CLIENTS,
        STOMPWIRE_QUEUES: queues,
        LANG: 'C.UTF-8',
      };
      const child = spawn(command, args, { stdio: 'ignore', env });
      const end = (): void => void child.kill('SIGKILL');
      child.once('error', () => resolve());
      child.once('exit', () => {
        signal.removeEventListener('abort', end);
        resolve();
      });
      signal.addEventListener('abort', end, { once: true });
    });
}
