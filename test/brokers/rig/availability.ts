import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { npmManifest, npmVersion } from '../../support/npm-clients.js';
import { which } from './process.js';

export type BrokerKind = 'activemq' | 'rabbitmq' | 'stompserver';
/** Other STOMP programs the tests can be run against. */
export type PeerKind =
  | 'ruby-stomp'
  | 'python3-stomp'
  | 'perl-net-stomp'
  | 'php-stomp'
  | 'stompit'
  | '@stomp/stompjs'
  | 'stomp-client'
  | 'mcollective';
export type Needed = BrokerKind | PeerKind;

export interface Availability {
  readonly available: boolean;
  /** Why it is not available; for an available one, where it was found. */
  readonly reason: string;
  readonly version: string;
}

const missing = (reason: string): Availability => ({ available: false, reason, version: '' });
const found = (reason: string, version: string): Availability => ({ available: true, reason, version });

function list(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}

export const ACTIVEMQ_HOME = '/usr/share/activemq';

function activemq(): Availability {
  const jar = join(ACTIVEMQ_HOME, 'bin/activemq.jar');
  if (!existsSync(jar)) return missing(`ActiveMQ is not installed (no ${jar}; Debian package activemq)`);
  if (!which('java')) return missing('ActiveMQ is installed, but java is not');
  const versions = list('/usr/share/java').flatMap(
    (name) => /^activemq-broker-(\d[\d.]*\d)\.jar$/.exec(name)?.[1] ?? [],
  );
  return found(jar, versions.at(-1) ?? 'unknown');
}

/** The directory of the RabbitMQ scripts which do not change the user, for the newest installed version. */
export function rabbitmqScripts(): { directory: string; version: string } | undefined {
  const base = '/usr/lib/rabbitmq/lib';
  for (const name of list(base).reverse()) {
    const version = /^rabbitmq_server-(.+)$/.exec(name)?.[1];
    const directory = join(base, name, 'sbin');
    if (version && existsSync(join(directory, 'rabbitmq-server'))) return { directory, version };
  }
  return undefined;
}

function rabbitmq(): Availability {
  const scripts = rabbitmqScripts();
  if (!scripts) return missing('RabbitMQ is not installed (Debian package rabbitmq-server)');
  for (const program of ['erl', 'epmd'])
    if (!which(program)) return missing(`RabbitMQ is installed, but ${program} is not`);
  const plugin = list(join(scripts.directory, '../plugins')).some((name) =>
    name.startsWith('rabbitmq_stomp-'),
  );
  return plugin
    ? found(scripts.directory, scripts.version)
    : missing('RabbitMQ is installed without its STOMP plugin');
}

function stompserver(): Availability {
  const program = which('stompserver');
  if (!program) return missing('Stompserver is not installed (Debian package stompserver)');
  if (!which('ruby')) return missing('Stompserver is installed, but ruby is not');
  let version = 'unknown';
  try {
    const source = readFileSync('/usr/lib/ruby/vendor_ruby/stomp_server.rb', 'utf8');
    version = /VERSION = '([^']+)'/.exec(source)?.[1] ?? version;
  } catch {
    // installed in another way
  }
  return found(program, version);
}

function peer(program: string, file: string | undefined, what: string, debian: string): Availability {
  if (!which(program))
    return missing(`${program} is not installed, ${what} needs it (Debian package ${debian})`);
  if (!file || !existsSync(file)) return missing(`${what} is not installed (Debian package ${debian})`);
  return found(file, 'unknown');
}

function npmPackage(name: string): Availability {
  const version = npmVersion(name);
  const file = npmManifest(name);
  return version === undefined
    ? missing(`${name} is not installed (no ${file}; npm ci --prefix bench)`)
    : found(file, version);
}

const checks: Record<Needed, () => Availability> = {
  activemq,
  rabbitmq,
  stompserver,
  'ruby-stomp': () => peer('ruby', '/usr/lib/ruby/vendor_ruby/stomp.rb', 'the Ruby stomp gem', 'ruby-stomp'),
  'python3-stomp': () =>
    peer('python3', '/usr/lib/python3/dist-packages/stomp/__init__.py', 'stomp.py', 'python3-stomp'),
  'perl-net-stomp': () => peer('perl', '/usr/share/perl5/Net/Stomp.pm', 'Net::Stomp', 'libnet-stomp-perl'),
  'php-stomp': () => {
    const modules = list('/usr/lib/php').map((name) => join('/usr/lib/php', name, 'stomp.so'));
    return peer(
      'php',
      modules.find((file) => existsSync(file)),
      'the PHP stomp extension',
      'php-stomp',
    );
  },
  stompit: () => npmPackage('stompit'),
  '@stomp/stompjs': () => npmPackage('@stomp/stompjs'),
  'stomp-client': () => npmPackage('stomp-client'),
  mcollective: () => peer('mco', '/usr/sbin/mcollectived', 'MCollective', 'mcollective mcollective-client'),
};

const cache = new Map<Needed, Availability>();

export function availability(what: Needed): Availability {
  let answer = cache.get(what);
  if (!answer) {
    answer = checks[what]();
    cache.set(what, answer);
  }
  return answer;
}

/** True where a missing broker is a failure and not a reason to skip. */
export function brokersRequired(): boolean {
  return process.env['STOMPWIRE_REQUIRE_BROKERS'] === '1';
}

/**
 * `describe` for tests that need real brokers or other programs. Where one is missing the tests are skipped by
 * name with the reason, or fail when STOMPWIRE_REQUIRE_BROKERS=1.
 */
export function describeWith(needed: Needed | readonly Needed[], title: string, tests: () => void): void {
  const absent = (typeof needed === 'string' ? [needed] : needed)
    .map(availability)
    .filter((item) => !item.available);
  if (absent.length === 0) {
    describe(title, tests);
    return;
  }
  const reason = absent.map((item) => item.reason).join('; ');
  if (brokersRequired()) {
    describe(title, () => {
      test('has the brokers it needs', () => {
        throw new Error(`${reason} (STOMPWIRE_REQUIRE_BROKERS=1 forbids skipping)`);
      });
    });
    return;
  }
  console.log(`skipped: ${title}: ${reason}`);
  describe.skip(`${title} [skipped: ${reason}]`, tests);
}
