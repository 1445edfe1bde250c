import { type ChildProcess, spawn } from 'node:child_process';
import {
  accessSync,
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Every process of the rig carries this variable, so that all of them, and only them, can be found again. */
const MARK = 'STOMPWIRE_RIG';
let counter = 0;

/** A new value of the mark for one broker or one group of brokers. */
export function newMark(): string {
  counter += 1;
  return `${process.pid}.${Date.now().toString(36)}.${counter}`;
}

/** The full path of a program, or undefined where it is not installed. */
export function which(program: string): string | undefined {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    const candidate = join(directory, program);
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // look further
    }
  }
  return undefined;
}

/**
 * True while the process runs. A dead process that nobody has reaped yet (a zombie) does not run, but one whose
 * first thread has died before the others does: its sockets are still open.
 */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const state = stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
    return state !== 'Z' && state !== 'X' ? true : readdirSync(`/proc/${pid}/task`).length > 1;
  } catch {
    return false;
  }
}

/** Resident memory in bytes, 0 when the process is gone. */
export function residentMemory(pid: number): number {
  try {
    const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
    return Number(line?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** The running processes which carry the mark (or begin with it, for the marks of a whole test process). */
export function markedProcesses(mark: string): number[] {
  const wanted = Buffer.from(`${MARK}=${mark}`);
  const found: number[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    try {
      const at = readFileSync(`/proc/${entry}/environ`).indexOf(wanted);
      if (at >= 0 && isAlive(Number(entry))) found.push(Number(entry));
    } catch {
      // gone, or not ours
    }
  }
  return found;
}

/** All running processes that were started by the rig in this test process. */
export function leftovers(): number[] {
  return markedProcesses(`${process.pid}.`);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // already gone
  }
}

/** Waits until `done` says so; false when the time is over. */
export async function waitUntil(done: () => boolean, timeoutMs: number, stepMs = 20): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (!done()) {
    if (Date.now() > deadline) return false;
    await sleep(stepMs);
  }
  return true;
}

/** Ends one process: the signal, some time, then SIGKILL. */
export async function end(pid: number, name: NodeJS.Signals = 'SIGTERM', graceMs = 20_000): Promise<void> {
  if (!isAlive(pid)) return;
  signal(pid, name);
  signal(pid, 'SIGCONT');
  if (await waitUntil(() => !isAlive(pid), graceMs)) return;
  signal(pid, 'SIGKILL');
  if (!(await waitUntil(() => !isAlive(pid), 10_000)))
    throw new Error(`process ${pid} does not end, even on SIGKILL`);
}

/** Ends what is left of a mark: helpers such as the name resolver of Erlang normally go by themselves. */
export async function endMarked(mark: string): Promise<void> {
  await waitUntil(() => markedProcesses(mark).length === 0, 2_000, 50);
  for (const pid of markedProcesses(mark)) await end(pid, 'SIGKILL', 5_000);
}

const directories = new Set<string>();
const children = new Set<ChildProcess>();

let swept = false;

/** Removes the directories of test processes which were killed before they could do so themselves. */
function sweep(): void {
  swept = true;
  for (const name of readdirSync(tmpdir())) {
    const pid = /^stompwire-[a-z]+-(\d+)-\w{6}$/.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

/** A new directory for temporary data. The name carries the pid of this process. */
export function makeDirectory(name: string): string {
  if (!swept) sweep();
  const directory = mkdtempSync(join(tmpdir(), `stompwire-${name}-${process.pid}-`));
  directories.add(directory);
  return directory;
}

export function removeDirectory(directory: string): void {
  directories.delete(directory);
  rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

// The last resort for a test run that ends without having stopped its brokers.
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

export interface DaemonSpec {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly logFile: string;
  readonly mark: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Daemon {
  readonly pid: number;
  /** How the process ended, as a phrase; undefined while it runs. */
  ended(): string | undefined;
}

/**
 * Starts a daemon in the foreground, as a child of this process, with a clean environment and its output in
 * `logFile`. Where `setpriv` is installed the kernel kills it if this process dies.
 */
export function startDaemon(spec: DaemonSpec): Daemon {
  const log = openSync(spec.logFile, 'a');
  const guard = which('setpriv') ? ['setpriv', '--pdeathsig', 'KILL'] : [];
  try {
    // Node raises its own limit of open files to the maximum and children inherit that. A huge limit makes
    // Erlang spend minutes on closing files it never had.
    const child = spawn(
      'sh',
      ['-c', 'ulimit -n 65536 2>/dev/null || :; exec "$@"', 'sh', ...guard, spec.command, ...spec.args],
      {
        cwd: spec.cwd,
        stdio: ['ignore', log, log],
        env: {
          PATH: process.env['PATH'],
          LANG: 'C.UTF-8',
          HOME: spec.cwd,
          TMPDIR: spec.cwd,
          ...spec.env,
          [MARK]: spec.mark,
        },
      },
    );
    let failure: string | undefined;
    children.add(child);
    child.unref();
    child.once('error', (error) => {
      failure = error.message;
      children.delete(child);
    });
    child.once('exit', () => children.delete(child));
    return {
      pid: child.pid ?? -1,
      ended() {
        if (failure !== undefined) return `could not be started: ${failure}`;
        if (child.signalCode !== null) return `was ended by ${child.signalCode}`;
        if (child.exitCode !== null) return `ended with exit code ${child.exitCode}`;
        return undefined;
      },
    };
  } finally {
    closeSync(log);
  }
}

/** The last lines of some log files, for error messages. */
export function tail(files: readonly string[], lines = 40): string {
  const parts: string[] = [];
  for (const file of files) {
    let text: string;
    try {
      text = readFileSync(file, 'utf8').trimEnd();
    } catch {
      continue;
    }
    if (text !== '') parts.push(`--- end of ${file}\n${text.split('\n').slice(-lines).join('\n')}`);
  }
  return parts.length === 0 ? '(the logs are empty)' : parts.join('\n');
}
