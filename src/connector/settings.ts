import type { ConnectOptions } from '../pool/options.js';

/** Something in a configuration that is used, but not as its writer may think. */
export interface ConfigWarning {
  /** 1-based line of the file; undefined for what is not in the file, such as an environment variable. */
  readonly line: number | undefined;
  /** The key or variable. */
  readonly key: string;
  /** For people. Never holds a password. */
  readonly message: string;
}

/** How destinations are named: `topicPrefix`, a collective, the separator, an agent, the separator, the kind. */
export interface Targets {
  /** The key `topicprefix`. */
  readonly topicPrefix: string;
  /** The key `topicsep`. */
  readonly topicSeparator: string;
  /** The key `collectives`: those one belongs to, each once, in the order of the file. */
  readonly collectives: readonly string[];
  /** The key `main_collective`: where a request goes that names no other. */
  readonly mainCollective: string;
}

/** What a client.cfg and the environment come to: checked, frozen to the depths, and without a password in print. */
export interface Settings {
  /** The options of `connect()`. */
  readonly connect: ConnectOptions;
  /** Bodies travel in base64. */
  readonly base64: boolean;
  /** The header `priority` of what is published, 1 to 255; 0 sends none. */
  readonly priority: number;
  /** How destinations are named; `targetOf` names them. */
  readonly targets: Targets;
  /** In the order of the file. */
  readonly warnings: readonly ConfigWarning[];
}

/** What `parseConfig` may look at beside the text. */
export interface ParseConfigOptions {
  /** Where STOMP_SERVER, STOMP_PORT, STOMP_USER and STOMP_PASSWORD are looked up: `process.env`, or nothing. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Reads the files that `pool.sslN.ca`, `.cert` and `.key` name, with the path as it stands: `readFileSync`. */
  readonly readFile?: ((path: string) => string | Uint8Array) | undefined;
}

/** A value with its origin. */
export interface Given {
  readonly text: string;
  /** The whole key, or the variable, that gave it. */
  readonly key: string;
  /** Of the file; undefined for a variable. */
  readonly line: number | undefined;
}

/** The warnings so far. */
export class Warnings {
  readonly #list: ConfigWarning[] = [];

  add(at: { readonly line: number | undefined; readonly key: string }, message: string): void {
    this.#list.push({ line: at.line, key: at.key, message });
  }

  /** In the order of the file; what has no line comes last. */
  sorted(): ConfigWarning[] {
    const place = ({ line }: ConfigWarning) => line ?? Number.MAX_SAFE_INTEGER;
    return [...this.#list].sort((a, b) => place(a) - place(b));
  }
}

/** Freezes a tree of plain objects and arrays. Bytes stay as they are: an array buffer cannot be frozen. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
