import type { Readable } from 'node:stream';
import type { Terminal } from './terminal.js';

/** What a command may touch of the world around it. */
export interface World {
  readonly terminal: Terminal;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable;
  /** Aborted by SIGINT or SIGTERM; the reason is the name of the signal. */
  readonly signal: AbortSignal;
}

/** The options as `parseArgs` gives them, and the arguments. */
export interface Invocation {
  readonly values: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly args: readonly string[];
}

/** As `parseArgs` takes one; each is named in the help. */
export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly multiple?: boolean;
}

export interface Command {
  readonly name: string;
  /** A few words for the list of commands. */
  readonly summary: string;
  /** At most 24 lines of 80 columns. */
  readonly help: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** How many arguments there may be. Default none. */
  readonly args?: { readonly min: number; readonly max: number } | undefined;
  /** Commands behind this name, `audit read` by their own; then `run` is for the name alone. */
  readonly subcommands?: readonly Command[] | undefined;
  /** Gives the exit code. */
  run(invocation: Invocation, world: World): Promise<number>;
}

/** docs/cli.md has the same table. */
export const EXIT = {
  /** Done. */
  ok: 0,
  /** Done, and the result is not as it should be: messages were lost, a file gives warnings. */
  findings: 1,
  /** Not done: a configuration, a connection, a refusal, a file. */
  failed: 2,
  /** The command line is wrong. */
  usage: 64,
  /** A fault of this program. */
  bug: 70,
  SIGINT: 130,
  SIGTERM: 143,
} as const;

/** As shells give it for a program that a signal has ended. */
export function exitOf(signal: AbortSignal): number {
  return signal.reason === 'SIGTERM' ? EXIT.SIGTERM : EXIT.SIGINT;
}

/** A command line that cannot be meant. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What failed for a reason outside of the library: a file that cannot be read, say. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

export function text(values: Invocation['values'], name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

export function flag(values: Invocation['values'], name: string): boolean {
  return values[name] === true;
}

/** A whole number, or undefined where the option is not given. */
export function count(
  values: Invocation['values'],
  name: string,
  min: number,
  max: number,
): number | undefined {
  const given = text(values, name);
  if (given === undefined) return undefined;
  const number = /^\d{1,15}$/.test(given) ? Number(given) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new UsageError(`--${name}: expected a whole number from ${min} to ${max}, received "${given}"`);
}
