import type { FileEntry } from './file.js';
import { findKey, PREFIX } from './keys.js';
import type { Given, ParseConfigOptions, Warnings } from './settings.js';
import { defaultScalar, readScalar, type Scalar } from './values.js';

/** Where a value is looked up: the environment, then the file, then the default of the table. */
export class Source {
  readonly warnings: Warnings;
  readonly readFile: ParseConfigOptions['readFile'];
  readonly entries: ReadonlyMap<string, FileEntry>;
  readonly #env: Readonly<Record<string, string | undefined>>;

  constructor(entries: ReadonlyMap<string, FileEntry>, options: ParseConfigOptions, warnings: Warnings) {
    this.entries = entries;
    this.#env = options.env ?? {};
    this.readFile = options.readFile;
    this.warnings = warnings;
  }

  /** The whole key. */
  keyOf(name: string): string {
    return PREFIX + name;
  }

  /** What was set under that name (without `plugin.stomp.`), by a variable or by the file. */
  given(name: string): Given | undefined {
    const { env, envMayBeEmpty } = findKey(name)!.key;
    return (env && this.variable(env, envMayBeEmpty)) || this.entries.get(name);
  }

  /** An environment variable; an empty one counts as unset unless that is allowed. */
  variable(name: string, mayBeEmpty = false): Given | undefined {
    const text = this.#env[name];
    if (text === undefined || (text === '' && !mayBeEmpty)) return undefined;
    return { text, key: name, line: undefined };
  }

  /** A boolean or a number: what was set, or the default. */
  scalar(name: string): Scalar {
    const { key } = findKey(name)!;
    const given = this.given(name);
    return given ? readScalar(key, given, this.warnings) : defaultScalar(key, this.warnings);
  }
}
