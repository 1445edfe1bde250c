import { ConfigError } from '../errors.js';
import type { ConnectOptions, PoolOptions } from '../pool/options.js';
import { readCoreEntries, targetsFrom } from './collectives.js';
import { readFileEntries } from './file.js';
import { poolHosts, singleHost } from './hosts.js';
import { CONFIG_KEYS, type ConfigKey, hasMember } from './keys.js';
import { deepFreeze, type ParseConfigOptions, type Settings, Warnings } from './settings.js';
import { Source } from './source.js';
import { defaultScalar } from './values.js';

type Style = 'single' | 'pool';

/**
 * Reads the text of an MCollective client.cfg: the keys of its STOMP connector, under its own names, units and
 * defaults. The variables STOMP_SERVER, STOMP_PORT (single-host mode only; empty counts as unset), STOMP_USER and
 * STOMP_PASSWORD (for every member of a pool; empty counts as set) win over the file.
 *
 * Throws ConfigError, with the key, its line, what was expected and what was received, for a value that cannot be
 * used. What can be used, but may not be what was meant, is in `warnings`.
 */
export function parseConfig(text: string, options: ParseConfigOptions = {}): Settings {
  const warnings = new Warnings();
  const source = new Source(readFileEntries(text, warnings), options, warnings);
  const style = chooseStyle(source);
  warnAboutUnused(source, style);
  const settings: Settings = {
    connect: readConnect(source, style),
    base64: source.scalar('base64') as boolean,
    priority: source.scalar('priority') as number,
    targets: targetsFrom(readCoreEntries(text, warnings), warnings),
    warnings: warnings.sorted(),
  };
  return deepFreeze(settings);
}

function chooseStyle(source: Source): Style {
  if (source.given('pool.size')) return 'pool';
  if (source.given('host')) return 'single';
  throw new ConfigError('STOMP_CONFIG_INVALID', {
    option: source.keyOf('host'),
    expected: `a host here or in STOMP_SERVER, or ${source.keyOf('pool.size')}`,
    received: 'neither',
  });
}

function readConnect(source: Source, style: Style): ConnectOptions {
  const hosts = style === 'pool' ? poolHosts(source) : [singleHost(source)];
  const pool: Record<string, unknown> = {};
  for (const key of CONFIG_KEYS.filter(isPoolOption)) {
    pool[key.option] = style === 'pool' ? source.scalar(key.name) : defaultScalar(key, source.warnings);
  }
  const options = pool as PoolOptions;
  checkDelays(source, options);
  // The documented law knows one limit, which holds from the first dial on.
  return { hosts, ...options, startupMaxReconnectAttempts: options.maxReconnectAttempts };
}

function isPoolOption(key: ConfigKey): boolean {
  return key.style === 'pool' && key.name !== 'pool.size' && !hasMember(key);
}

function checkDelays(source: Source, options: PoolOptions): void {
  const { initialReconnectDelayMs: initial = 0, maxReconnectDelayMs: max = 0 } = options;
  if (max >= initial) return;
  const given = source.given('pool.max_reconnect_delay') ?? source.given('pool.initial_reconnect_delay');
  throw new ConfigError('STOMP_CONFIG_CONFLICT', {
    option: source.keyOf('pool.max_reconnect_delay'),
    expected: `at least ${source.keyOf('pool.initial_reconnect_delay')}, which is ${initial / 1e3}`,
    received: `${max / 1e3}`,
    line: given?.line,
  });
}

function warnAboutUnused(source: Source, style: Style): void {
  const size = source.entries.get('pool.size');
  for (const entry of source.entries.values()) {
    const { key, member } = entry.found;
    if (style === 'single' && key.style === 'pool') {
      const way = `${source.keyOf('pool.size')} is not set, so the single host is used`;
      source.warnings.add(entry, `is not used: ${way}`);
    } else if (style === 'pool' && key.style === 'single') {
      source.warnings.add(entry, `is not used: ${source.keyOf('pool.size')} is set, so the pool is used`);
    } else if (style === 'pool' && member !== undefined && member > Number(size?.text)) {
      source.warnings.add(entry, `is not used: ${source.keyOf('pool.size')} is ${size?.text}`);
    }
  }
  if (style === 'single') return;
  for (const name of ['STOMP_SERVER', 'STOMP_PORT']) {
    const given = source.variable(name);
    if (given)
      source.warnings.add(given, `is not used: ${source.keyOf('pool.size')} is set, so the pool is used`);
  }
}
