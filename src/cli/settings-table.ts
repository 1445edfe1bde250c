import { CORE_KEYS, type CoreEntries, readCoreEntries } from '../connector/collectives.js';
import { readFileEntries } from '../connector/file.js';
import { CONFIG_KEYS, type ConfigKey, hasMember } from '../connector/keys.js';
import { type Given, type Settings, Warnings } from '../connector/settings.js';
import { Source } from '../connector/source.js';
import { Endpoint } from '../transport/endpoint.js';

/** One option, what it comes to, and where that is from. */
export interface SettingRow {
  /** Of the file, without `plugin.stomp.` where that belongs to it. */
  readonly key: string;
  /** The option of `connect()`, of one of its hosts, or of the settings. */
  readonly option: string;
  readonly value: string | number | boolean;
  readonly unit?: 'ms' | undefined;
  readonly from: Origin;
}

export interface Origin {
  readonly source: 'file' | 'environment' | 'default';
  readonly line?: number | undefined;
  readonly variable?: string | undefined;
}

const DEFAULT: Origin = { source: 'default' };

export interface HostRow {
  /** `stomp://host:port` */
  readonly endpoint: string;
  readonly login: string | null;
  /** There is one. */
  readonly passcode: boolean;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** What the settings, which were read from this text and these variables, are made of. */
export function describeSettings(
  settings: Settings,
  text: string,
  env: Variables,
): { hosts: HostRow[]; rows: SettingRow[] } {
  const source = new Source(readFileEntries(text, new Warnings()), { env }, new Warnings());
  const isPool = source.given('pool.size') !== undefined;
  const hosts = settings.connect.hosts.map((init) => {
    const { name, login, passcode } = new Endpoint(init);
    return { endpoint: name, login: login ?? null, passcode: passcode !== undefined };
  });
  const named = targetRows(settings, readCoreEntries(text, new Warnings()));
  const members = CONFIG_KEYS.filter(hasMember);
  const others = CONFIG_KEYS.filter((key) => !hasMember(key) && key.name !== 'pool.size');
  if (!isPool) {
    const rows = others.map((key) => {
      // The reconnecting goes by the defaults then, whatever stands in the file.
      const row = optionRow(key, source, settings);
      return key.style === 'pool' ? row.map((one) => ({ ...one, from: DEFAULT })) : row;
    });
    return { hosts, rows: [...rows.flat(), ...named] };
  }
  const size = CONFIG_KEYS.find(({ name }) => name === 'pool.size')!;
  const rows = [
    rowOf(size, size.name, source, hosts.length),
    ...hosts.flatMap((_, i) => members.flatMap((key) => memberRow(key, i, source, settings))),
    ...others.filter(({ style }) => style !== 'single').flatMap((key) => optionRow(key, source, settings)),
    ...named,
  ];
  return { hosts, rows };
}

/** MCollective's own keys, from which the destinations of agents are made. */
function targetRows({ targets }: Settings, entries: CoreEntries): SettingRow[] {
  return CORE_KEYS.map(({ name, option }) => {
    const value = option === 'collectives' ? targets.collectives.join(', ') : targets[option];
    return { key: name, option: `targets.${option}`, value, from: originOf(entries.get(name)) };
  });
}

function memberRow(key: ConfigKey, i: number, source: Source, settings: Settings): SettingRow[] {
  const name = key.name.replace('N', String(i + 1));
  return hostRow(key, name, source, settings.connect.hosts[i]! as unknown as Record<string, unknown>);
}

function optionRow(key: ConfigKey, source: Source, settings: Settings): SettingRow[] {
  const { connect, base64, priority } = settings;
  if (key.style === 'single') {
    return hostRow(key, key.name, source, connect.hosts[0]! as unknown as Record<string, unknown>);
  }
  const all: Record<string, unknown> = { ...connect, base64, priority };
  return [rowOf(key, key.name, source, all[key.option])];
}

/** Of one host; none for a text or a file that is not given. */
function hostRow(key: ConfigKey, name: string, source: Source, host: Record<string, unknown>): SettingRow[] {
  const given = source.given(name);
  if (key.kind === 'file') return given ? [rowOf(key, name, source, given.text)] : [];
  const value = host[key.option];
  if (key.kind === 'boolean') return [rowOf(key, name, source, Boolean(value))];
  return value === undefined ? [] : [rowOf(key, name, source, key.kind === 'secret' ? '[secret]' : value)];
}

function rowOf(key: ConfigKey, name: string, source: Source, value: unknown): SettingRow {
  const from = originOf(source.given(name));
  if (value === undefined || value === Number.POSITIVE_INFINITY) {
    return { key: name, option: key.option, value: value === undefined ? 'off' : 'no limit', from };
  }
  const shown = value as SettingRow['value'];
  return { key: name, option: key.option, value: shown, ...(key.unit && { unit: 'ms' }), from };
}

function originOf(given: Given | undefined): Origin {
  if (given === undefined) return DEFAULT;
  const { line, key } = given;
  return line === undefined ? { source: 'environment', variable: key } : { source: 'file', line };
}
