import { parseArgs } from 'node:util';
import { VERSION } from '../broker/version.js';
import { nearest } from '../connector/nearest.js';
import { audit } from './audit.js';
import {
  type Command,
  EXIT,
  exitOf,
  type Invocation,
  type OptionSpec,
  UsageError,
  type World,
} from './command.js';
import { broker } from './commands/broker.js';
import { checkConfig } from './commands/check-config.js';
import { demo } from './commands/demo.js';
import { listen } from './commands/listen.js';
import { ping } from './commands/ping.js';
import { send } from './commands/send.js';
import { describeFailure, failureText } from './failures.js';

export const COMMANDS: readonly Command[] = [demo, checkConfig, send, listen, ping, broker, audit];

export const HELP = `stompwire ${VERSION}: STOMP 1.0 on the command line

usage: stompwire <command> [options]

${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(14)}${summary}`).join('\n')}

  stompwire <command> --help   more about one of them
  stompwire --version

Exit codes: 0 done, 1 done with findings, 2 failed, 64 wrong command line,
70 a fault of stompwire, 130 and 143 interrupted.`;

/** Runs one command line; gives the exit code. Says all there is to say, and never rejects. */
export async function runProgram(argv: readonly string[], world: World): Promise<number> {
  const { terminal } = world;
  const code = await dispatch(argv, world);
  await terminal.flush();
  if (terminal.failure === undefined || code !== EXIT.ok) return code;
  terminal.note(`stompwire: the result could not be written: ${terminal.failure.message}`);
  await terminal.flush();
  return EXIT.failed;
}

async function dispatch([name, ...rest]: readonly string[], world: World): Promise<number> {
  const { terminal } = world;
  if (name === undefined) return refuse('a command is missing', 'stompwire --help', world);
  if (name === '--help' || name === '-h' || name === 'help') {
    const command = COMMANDS.find((one) => one.name === rest[0]);
    terminal.line(subcommand(command, rest[1])?.help ?? command?.help ?? HELP);
    return EXIT.ok;
  }
  if (name === '--version' || name === '-V') {
    terminal.line(VERSION);
    return EXIT.ok;
  }
  const command = COMMANDS.find((one) => one.name === name);
  if (command !== undefined) return choose(command, rest, world);
  const meant = nearest(
    name,
    COMMANDS.map((one) => one.name),
  );
  const kind = name.startsWith('-') ? 'option' : 'command';
  const hint = meant === undefined || kind === 'option' ? '' : ` (did you mean ${meant}?)`;
  return refuse(`unknown ${kind} "${name}"${hint}`, 'stompwire --help', world);
}

function subcommand(command: Command | undefined, name: string | undefined): Command | undefined {
  return command?.subcommands?.find((one) => one.name === `${command.name} ${name}`);
}

/** A command, or the one behind its name. */
async function choose(command: Command, argv: readonly string[], world: World): Promise<number> {
  const [name, ...rest] = argv;
  const { subcommands = [] } = command;
  if (name === undefined || name.startsWith('-') || subcommands.length === 0)
    return runCommand(command, argv, world);
  const known = subcommand(command, name);
  if (known !== undefined) return runCommand(known, rest, world);
  const meant = nearest(
    name,
    subcommands.map((one) => one.name.slice(command.name.length + 1)),
  );
  const hint = meant === undefined ? '' : ` (did you mean ${meant}?)`;
  return refuse(
    `unknown command "${command.name} ${name}"${hint}`,
    `stompwire ${command.name} --help`,
    world,
  );
}

async function runCommand(command: Command, argv: readonly string[], world: World): Promise<number> {
  const { terminal, signal } = world;
  let invocation: Invocation | undefined;
  try {
    invocation = parse(command, argv);
    if (invocation.values.help === true) {
      terminal.line(command.help);
      return EXIT.ok;
    }
    return await command.run(invocation, world);
  } catch (error) {
    if (error instanceof UsageError) return refuse(error.message, `stompwire ${command.name} --help`, world);
    if (signal.aborted) return exitOf(signal);
    return fail(error, invocation?.values.json === true, world);
  }
}

function fail(error: unknown, json: boolean, { terminal }: World): number {
  const failure = describeFailure(error);
  if (failure === undefined) {
    terminal.note(`stompwire: this should not have happened: ${(error as Error)?.stack ?? String(error)}`);
    return EXIT.bug;
  }
  terminal.note(json ? JSON.stringify({ error: failure }) : `stompwire: ${failureText(failure)}`);
  return EXIT.failed;
}

function refuse(message: string, help: string, { terminal }: World): number {
  terminal.note(`stompwire: ${message}; see ${help}`);
  return EXIT.usage;
}

function parse(command: Command, argv: readonly string[]): Invocation {
  const options: Record<string, OptionSpec> = {
    ...command.options,
    help: { type: 'boolean', short: 'h' },
  };
  const names = Object.keys(options).map((name) => `--${name}`);
  try {
    const parsed = parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
    const values = parsed.values as Invocation['values'];
    const args = parsed.positionals;
    const { min, max } = command.args ?? { min: 0, max: 0 };
    if (values.help === true) return { values, args };
    if (args.length > max) throw new UsageError(`unexpected argument "${args[max]}"`);
    if (args.length < min) throw new UsageError('an argument is missing');
    return { values, args };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(explain(error as NodeJS.ErrnoException, names));
  }
}

/** Node's sentences, without their advice; they quote the option, and never its value. */
function explain({ code, message }: NodeJS.ErrnoException, names: readonly string[]): string {
  const [, option = ''] = /'(-[^'\s]*)/.exec(message) ?? [];
  if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return lowerFirst(message.split(/[.\n]/)[0]!);
  const meant = nearest(option, names);
  return `unknown option ${option}${meant === undefined ? '' : ` (did you mean ${meant}?)`}`;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
