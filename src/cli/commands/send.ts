import type { Readable } from 'node:stream';
import { encodeBase64 } from '../../connector/index.js';
import type { Pool } from '../../pool/pool.js';
import {
  type Command,
  EXIT,
  exitOf,
  flag,
  type Invocation,
  text,
  UsageError,
  type World,
} from '../command.js';
import { isOutcomeUnknown } from '../failures.js';
import { readHeaders } from '../headers.js';
import { once, readInput, splitLines, whole } from '../input.js';
import { Sender, type SenderOptions } from '../sender.js';
import { type Trouble, withPool } from '../session.js';
import { readTarget, TARGET_HELP, TARGET_OPTIONS } from '../target.js';
import { printable, type Terminal } from '../terminal.js';

const STATUS_MS = 200;
/** How long what is under way may take, once it is clear that no more will be sent. */
const LAST_MS = 2_000;

const HELP = `usage: stompwire send DESTINATION [BODY] [options]

Sends BODY, a file or standard input, and waits for the broker's RECEIPT. Input
of any length is read as fast as the broker takes it, 256 messages under way.
What a lost connection left without a RECEIPT is sent again on the next one, and
may then arrive twice.

  --file FILE           the body is in a file; - is standard input
  --lines               each line is a message (without its LF or CRLF)
  -H, --header N:VALUE  a header of the message; as often as you like
  --text                no content-length: ActiveMQ makes a text message of it
  --no-persistent       the broker need not keep it on disk
  --no-receipt          do not wait for RECEIPTs: faster, and once at most
  --json                what was done, as one object

${TARGET_HELP}
base64 and priority of a client.cfg are applied.

Exit codes: 0 confirmed, 1 sent with --no-receipt and perhaps lost, 2 failed.`;

export const send: Command = {
  name: 'send',
  summary: 'send a body, a file, or the lines of standard input',
  help: HELP,
  options: {
    file: { type: 'string' },
    lines: { type: 'boolean' },
    header: { type: 'string', short: 'H', multiple: true },
    text: { type: 'boolean' },
    'no-persistent': { type: 'boolean' },
    'no-receipt': { type: 'boolean' },
    json: { type: 'boolean' },
    ...TARGET_OPTIONS,
  },
  args: { min: 1, max: 2 },
  run: async ({ values, args }, world) => {
    const job = readJob(values, args);
    const headers = readHeaders(values);
    const settings = readTarget(values, world.env);
    return withPool(settings, world, async (pool, trouble) => {
      const stop = stopper(pool, world.signal);
      const options: SenderOptions = {
        headers: settings.priority > 0 ? { priority: settings.priority, ...headers } : headers,
        persistent: !flag(values, 'no-persistent'),
        text: flag(values, 'text'),
        confirmed: job.confirmed,
      };
      const sender = new Sender(pool, job.destination, options, () => stop.abort());
      const startedAt = performance.now();
      const sent = sendAll(sender, job, settings.base64, stop.signal, world);
      sent.catch(() => undefined); // when another ends the race
      await Promise.race([sent, trouble.unanswered, pool.closed, after(stop.signal, LAST_MS)]);
      if (sender.isIdle) await pool.disconnect();
      const durationMs = performance.now() - startedAt;
      const perhapsLost = !job.confirmed && trouble.losses > 0;
      report(sender, job, { durationMs, perhapsLost, losses: trouble.losses }, world.terminal);
      if (world.signal.aborted) return exitOf(world.signal);
      const error = await whatFailed(sender, pool, job, trouble);
      if (error !== undefined) throw error;
      return perhapsLost ? EXIT.findings : EXIT.ok;
    });
  },
};

/** What the broker said of a message comes first; that nobody knows what became of one comes last. */
async function whatFailed(sender: Sender, pool: Pool, job: Job, { refusal }: Trouble): Promise<unknown> {
  const { error } = sender;
  if (error !== undefined && !isOutcomeUnknown(error)) return error;
  const ended = pool.state === 'closed' ? await pool.closed : undefined;
  const stuck = job.confirmed && sender.isIdle ? undefined : refusal;
  return ended ?? stuck ?? error;
}

function after(signal: AbortSignal, ms: number): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => setTimeout(resolve, ms).unref(), { once: true });
  });
}

interface Job {
  readonly destination: string;
  readonly body: string | undefined;
  readonly path: string;
  readonly lines: boolean;
  readonly confirmed: boolean;
  readonly json: boolean;
}

function readJob(values: Invocation['values'], [destination = '', body]: readonly string[]): Job {
  const path = text(values, 'file');
  if (destination === '') throw new UsageError('DESTINATION is empty');
  if (body !== undefined && path !== undefined) throw new UsageError('BODY and --file exclude each other');
  return {
    destination,
    body,
    path: path ?? '-',
    lines: flag(values, 'lines'),
    confirmed: !flag(values, 'no-receipt'),
    json: flag(values, 'json'),
  };
}

/** Ends the reading of the input, whatever it waits for: on an interrupt, at the end of the pool, or by hand. */
function stopper(pool: Pool, signal: AbortSignal): AbortController {
  const stop = new AbortController();
  const onAbort = () => stop.abort();
  signal.addEventListener('abort', onAbort, { once: true });
  void pool.closed.then(onAbort);
  return stop;
}

async function sendAll(
  sender: Sender,
  job: Job,
  base64: boolean,
  stop: AbortSignal,
  { terminal, stdin }: World,
): Promise<void> {
  const typed = job.body === undefined && job.path === '-' && 'isTTY' in stdin && stdin.isTTY === true;
  if (typed) terminal.note('stompwire: what you type is sent; Ctrl-D ends it');
  const tell = () => terminal.status(`sent ${sender.messages}, confirmed ${sender.confirmed}`);
  const timer = setInterval(() => !typed && tell(), STATUS_MS);
  try {
    for await (const body of bodies(job, stdin, stop)) await sender.send(base64 ? encodeBase64(body) : body);
    await sender.settle();
  } finally {
    clearInterval(timer);
  }
}

/** Ends early when it is stopped: a body that was not read to its end is not sent. */
async function* bodies(job: Job, stdin: Readable, stop: AbortSignal): AsyncGenerator<Buffer, void> {
  const chunks = job.body === undefined ? readInput(job.path, stdin, stop) : once(Buffer.from(job.body));
  for await (const body of job.lines ? splitLines(chunks) : whole(chunks)) {
    if (stop.aborted) return;
    yield body;
  }
}

function report(
  { messages, bytes, confirmed, firstOpen }: Sender,
  job: Job,
  { durationMs, perhapsLost, losses }: { durationMs: number; perhapsLost: boolean; losses: number },
  terminal: Terminal,
): void {
  const { destination } = job;
  const open = job.confirmed ? firstOpen : undefined;
  if (job.json) {
    const counts = { messages, bytes, confirmed: job.confirmed ? confirmed : null };
    const doubts = { firstUnconfirmed: open ?? null, connectionsLost: losses, perhapsLost };
    terminal.json({ destination, ...counts, ...doubts, durationMs: Math.round(durationMs) });
  } else if (perhapsLost) {
    terminal.note('stompwire: a connection was lost on the way; how many messages arrived is not known');
  } else if (open !== undefined) {
    const what = `${confirmed} of ${messages} messages are confirmed; the first that is not is number ${open}`;
    terminal.note(`stompwire: ${what}`);
  } else if (terminal.isLive) {
    const state = job.confirmed ? 'confirmed' : 'sent';
    terminal.note(`${state}: ${messages} messages, ${bytes} bytes in all, to ${printable(destination)}`);
  }
}
