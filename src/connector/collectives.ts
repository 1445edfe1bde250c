import { type ConfigLine, readLines } from './grammar.js';
import { nearest } from './nearest.js';
import type { Given, Targets, Warnings } from './settings.js';
import { invalid } from './values.js';

/** One of MCollective's own keys, which have no `plugin.stomp.` before them. */
export interface CoreKey {
  readonly name: 'topicprefix' | 'topicsep' | 'collectives' | 'main_collective';
  readonly default: string;
  readonly option: keyof Targets;
}

export const CORE_KEYS: readonly CoreKey[] = [
  { name: 'topicprefix', default: '/topic/', option: 'topicPrefix' },
  { name: 'topicsep', default: '.', option: 'topicSeparator' },
  { name: 'collectives', default: 'mcollective', option: 'collectives' },
  { name: 'main_collective', default: 'mcollective', option: 'mainCollective' },
];

type CoreName = CoreKey['name'];
export type CoreEntries = ReadonlyMap<CoreName, Given>;

const NAMES: readonly CoreName[] = CORE_KEYS.map(({ name }) => name);

/** What the text says of targets, the last of each key. */
export function readCoreEntries(text: string, warnings: Warnings): CoreEntries {
  const entries = new Map<CoreName, Given>();
  for (const line of readLines(text)) {
    const name = NAMES.find((one) => one === line.key);
    if (name === undefined) warnAboutSlip(line, warnings);
    else if (line.value === undefined) warnings.add(line, 'has no value, and is ignored as in MCollective');
    else {
      const before = entries.get(name);
      if (before) warnings.add(line, `is also on line ${before.line}; this one, the last, is used`);
      if (line.indented) warnings.add(line, 'is indented, which older versions of MCollective refuse');
      entries.set(name, { text: line.value, key: name, line: line.line });
    }
  }
  return entries;
}

/** MCollective refuses a key that it does not know; here only one that looks like a slip is told. */
function warnAboutSlip(line: ConfigLine, warnings: Warnings): void {
  if (line.key.includes('.') || !/^\w+$/.test(line.key)) return;
  const meant = nearest(line.key, NAMES, 2);
  if (meant !== undefined) warnings.add(line, `is ignored; the nearest key is ${meant}`);
}

/** The targets that these entries describe. Throws STOMP_CONFIG_INVALID for a list without a name. */
export function targetsFrom(entries: CoreEntries, warnings: Warnings): Targets {
  const textOf = ({ name, default: value }: CoreKey) => entries.get(name)?.text ?? value;
  const [topicPrefix, topicSeparator, list, mainCollective] = CORE_KEYS.map(textOf) as [
    string,
    string,
    string,
    string,
  ];
  const collectives = readCollectives(list, entries.get('collectives'), warnings);
  const targets = { topicPrefix, topicSeparator, collectives, mainCollective };
  warnAboutMain(targets, entries, warnings);
  warnAboutPrefix(targets, entries.get('topicprefix'), warnings);
  return targets;
}

function readCollectives(list: string, given: Given | undefined, warnings: Warnings): string[] {
  const names = list.split(',').map((name) => name.trim());
  const collectives = [...new Set(names.filter(Boolean))];
  if (given === undefined) return collectives;
  if (collectives.length === 0) throw invalid(given, 'names with commas between them');
  if (names.includes('')) warnings.add(given, 'has a comma without a name beside it');
  for (const name of collectives) {
    if (names.indexOf(name) !== names.lastIndexOf(name)) warnings.add(given, `names ${name} more than once`);
  }
  return collectives;
}

function warnAboutMain(targets: Targets, entries: CoreEntries, warnings: Warnings): void {
  const { collectives, mainCollective } = targets;
  if (collectives.includes(mainCollective)) return;
  const at = entries.get('main_collective') ?? entries.get('collectives')!;
  warnings.add(
    at,
    `leaves main_collective = ${mainCollective} outside of collectives = ${collectives.join(', ')}: a target without a collective is refused`,
  );
}

/** Up to 1.1.2 there were no collectives, and the prefix was all that stood before the agent. */
function warnAboutPrefix(targets: Targets, given: Given | undefined, warnings: Warnings): void {
  if (given === undefined || !/[a-z0-9]$/i.test(given.text)) return;
  const [first = ''] = targets.collectives;
  warnings.add(
    given,
    `is joined to the collective as it stands, which gives ${given.text}${first}; files for MCollective before 1.1.3 have /topic/mcollective where /topic/ is meant now`,
  );
}
