import { type ConfigLine, readLines } from './grammar.js';
import { type FoundKey, findKey, PREFIX, suggestKey } from './keys.js';
import type { Given, Warnings } from './settings.js';
import { quote } from './values.js';

export interface FileEntry extends Given {
  readonly found: FoundKey;
}

/** The keys of this connector that the text gives, by name without `plugin.stomp.`; the last of each counts. */
export function readFileEntries(text: string, warnings: Warnings): Map<string, FileEntry> {
  const entries = new Map<string, FileEntry>();
  let connector: Given | undefined;
  for (const line of readLines(text)) {
    if (line.key.startsWith(PREFIX)) takeEntry(line, entries, warnings);
    else if (line.key === 'connector' && line.value !== undefined) connector = { ...line, text: line.value };
    else warnAboutPrefix(line, warnings);
  }
  if (connector && connector.text.toLowerCase() !== 'stomp') {
    warnings.add(connector, `is ${quote(connector.text)}: only the keys of the connector stomp are read`);
  }
  return entries;
}

function takeEntry(line: ConfigLine, entries: Map<string, FileEntry>, warnings: Warnings): void {
  const found = findKey(line.key.slice(PREFIX.length));
  if (!found) {
    warnAboutUnknown(line, warnings);
    return;
  }
  if (line.value === undefined) {
    warnings.add(line, 'has no value, and is ignored as in MCollective');
    return;
  }
  const before = entries.get(found.name);
  if (before) warnings.add(line, `is also on line ${before.line}; this one, the last, is used`);
  if (line.indented) warnings.add(line, 'is indented, which older versions of MCollective refuse');
  entries.set(found.name, { text: line.value, key: line.key, line: line.line, found });
}

function warnAboutUnknown(line: ConfigLine, warnings: Warnings): void {
  const key = printable(line.key);
  if (findKey(key.slice(PREFIX.length))) {
    warnings.add({ line: line.line, key }, 'is not followed by `= value`, and is ignored');
    return;
  }
  const meant = suggestKey(key.slice(PREFIX.length));
  const hint = meant === undefined ? '' : `; the nearest is ${meant}`;
  warnings.add({ line: line.line, key }, `is not a key of this connector, and is ignored${hint}`);
}

/** MCollective's own pattern takes any character for the dot after `plugin`. */
function warnAboutPrefix(line: ConfigLine, warnings: Warnings): void {
  const [, rest] = /^plugin.stomp[.](.+)$/i.exec(line.key) ?? [];
  if (rest === undefined) return;
  const key = printable(line.key);
  warnings.add({ line: line.line, key }, `is ignored: the keys of this connector begin with ${PREFIX}`);
}

/** What follows a mistyped key may be a password. */
function printable(key: string): string {
  return /^[\w.-]*/.exec(key)![0].slice(0, 100);
}
