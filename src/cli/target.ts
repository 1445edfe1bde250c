import { readFileSync } from 'node:fs';
import { targetsFrom } from '../connector/collectives.js';
import { parseConfig } from '../connector/config.js';
import { type Settings, Warnings } from '../connector/settings.js';
import { parseTarget } from '../pool/url.js';
import type { EndpointInit } from '../transport/endpoint.js';
import { Secret } from '../transport/secret.js';
import { type Invocation, text, UsageError, type World } from './command.js';
import { fileError } from './failures.js';

/** The options that name the brokers, as every command that connects takes them. */
export const TARGET_OPTIONS = {
  config: { type: 'string' },
  url: { type: 'string' },
  ca: { type: 'string' },
  'passcode-file': { type: 'string' },
} as const;

export const TARGET_HELP = `Brokers: --config client.cfg, --url stomp://host:port (or failover:(...)), or
STOMP_SERVER and STOMP_PORT. Who: the file, STOMP_USER and STOMP_PASSWORD, or
--passcode-file FILE; a passcode in --url shows in the list of processes.
--ca FILE: the authority to trust for stomp+ssl://.`;

type Variables = World['env'];

/** True where the command line itself names brokers. */
export function namesTarget(values: Invocation['values']): boolean {
  return values.config !== undefined || values.url !== undefined;
}

/**
 * What `--config`, `--url` or else the variables say. Until the first CONNECTED every host is tried once, so that a
 * command fails where a service would go on dialling.
 */
export function readTarget(values: Invocation['values'], env: Variables): Settings {
  const settings = withSecrets(readSettings(values, env), values, env);
  const { connect } = settings;
  return {
    ...settings,
    connect: { ...connect, startupMaxReconnectAttempts: connect.hosts.length - 1 },
  };
}

function readSettings(values: Invocation['values'], env: Variables): Settings {
  const [config, url] = [text(values, 'config'), text(values, 'url')];
  if (config !== undefined && url !== undefined)
    throw new UsageError('--config and --url exclude each other');
  if (url !== undefined) {
    const targets = targetsFrom(new Map(), new Warnings());
    return { connect: parseTarget(url), base64: false, priority: 0, targets, warnings: [] };
  }
  if (config === undefined && !env.STOMP_SERVER) {
    throw new UsageError('which broker? give --config FILE, --url URL or the variable STOMP_SERVER');
  }
  const file = config === undefined ? '' : readText('cannot read', config);
  return parseConfig(file, { env, readFile: readFileSync });
}

function withSecrets(settings: Settings, values: Invocation['values'], env: Variables): Settings {
  const passcodeFile = text(values, 'passcode-file');
  const ca = text(values, 'ca');
  const fromFile = passcodeFile === undefined ? undefined : readSecret(passcodeFile);
  const authority = ca === undefined ? undefined : readText('cannot read the authority', ca);
  if (authority !== undefined && !settings.connect.hosts.some(({ tls }) => tls)) {
    throw new UsageError('--ca is for TLS: the URL begins with stomp+ssl:// then');
  }
  const isUrl = values.url !== undefined;
  const hosts = settings.connect.hosts.map((host) => {
    const secured = authority === undefined || !host.tls ? host : withAuthority(host, authority);
    return isUrl || fromFile !== undefined ? withLogin(secured, fromFile, env) : secured;
  });
  return { ...settings, connect: { ...settings.connect, hosts } };
}

function withAuthority(host: EndpointInit, ca: string): EndpointInit {
  return { ...host, tls: { ...(typeof host.tls === 'object' && host.tls), ca } };
}

/** What stands in the URL wins; then the file; then the variables. A passcode without a login is of no use. */
function withLogin(host: EndpointInit, fromFile: Secret | undefined, env: Variables): EndpointInit {
  const login = host.login ?? env.STOMP_USER;
  if (login === undefined) {
    if (fromFile === undefined) return host;
    throw new UsageError('--passcode-file: a login is missing; give stomp://login@host or STOMP_USER');
  }
  const variable = env.STOMP_PASSWORD === undefined ? undefined : new Secret(env.STOMP_PASSWORD);
  const passcode = fromFile ?? host.passcode ?? variable;
  return passcode === undefined ? { ...host, login } : { ...host, login, passcode };
}

/** The first line of a file. */
export function readSecret(path: string): Secret {
  return new Secret(readText('cannot read the passcode', path).split(/\r?\n/)[0]!);
}

export function readText(what: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw fileError(what, path, error);
  }
}
