import { decodeBase64 } from '../../connector/index.js';
import type { Settings } from '../../connector/settings.js';
import type { StompError } from '../../errors.js';
import type { Pool } from '../../pool/pool.js';
import type { AckMode } from '../../transport/acks.js';
import type { Message } from '../../transport/message.js';
import { type Command, count, EXIT, flag, type Invocation, text, UsageError } from '../command.js';
import { readHeaders } from '../headers.js';
import { type Format, formatter } from '../messages.js';
import { withPool } from '../session.js';
import { readTarget, TARGET_HELP, TARGET_OPTIONS } from '../target.js';
import { printable, type Terminal } from '../terminal.js';

/** Messages on their way to the output at most. */
const CONCURRENCY = 100;
const LARGEST_PREFETCH = 1_000;

const HELP = `usage: stompwire listen DESTINATION... [options]

Prints what arrives, like tail -f, until Ctrl-C. A message is acknowledged once
it is printed: what could not be printed goes back to its queue. From a queue,
messages are taken away; other consumers do not get them.

  --json                one object a line: source, headers, body, encoding
                        (utf8, or base64 where the body is not UTF-8)
  --raw                 the bytes of the bodies and nothing else
  --headers             the headers before each body
  --count N             end after N messages
  --ack MODE            client (default), client-individual, or auto: the broker
                        forgets a message when it sends it, and what comes
                        beyond --count is lost
  -H, --header N:VALUE  a header of SUBSCRIBE, such as a selector

${TARGET_HELP}
base64 of a client.cfg is applied.

Exit codes: 0 --count reached, Ctrl-C, or nobody reads on (| head), 2 failed.`;

export const listen: Command = {
  name: 'listen',
  summary: 'print what arrives at destinations, like tail -f',
  help: HELP,
  options: {
    json: { type: 'boolean' },
    raw: { type: 'boolean' },
    headers: { type: 'boolean' },
    count: { type: 'string' },
    ack: { type: 'string' },
    header: { type: 'string', short: 'H', multiple: true },
    ...TARGET_OPTIONS,
  },
  args: { min: 1, max: 1_000 },
  run: async ({ values, args }, world) => {
    const format = formatOf(values, args.length > 1);
    const limit = count(values, 'count', 1, Number.MAX_SAFE_INTEGER) ?? Number.POSITIVE_INFINITY;
    const ack = ackOf(values);
    const headers = readHeaders(values);
    const settings = readTarget(values, world.env);
    await withPool(settings, world, async (pool, trouble) => {
      const listener = new Listener(pool, settings, world.terminal, format, limit, ack);
      await listener.run(args, headers, world.signal, trouble.unanswered);
    });
    return EXIT.ok;
  },
};

class Listener {
  readonly #pool: Pool;
  readonly #base64: boolean;
  readonly #terminal: Terminal;
  readonly #format: (message: Message, body: Buffer) => string | Uint8Array;
  readonly #limit: number;
  readonly #ack: AckMode;
  #taken = 0;
  #leaving = false;
  #leave!: () => void;
  readonly #left = new Promise<void>((resolve) => {
    this.#leave = resolve;
  });

  constructor(
    pool: Pool,
    settings: Settings,
    terminal: Terminal,
    format: Format,
    limit: number,
    ack: AckMode,
  ) {
    this.#pool = pool;
    this.#base64 = settings.base64;
    this.#terminal = terminal;
    this.#format = formatter(format, terminal.isTTY);
    this.#limit = limit;
    this.#ack = ack;
  }

  async run(
    destinations: readonly string[],
    headers: Record<string, string>,
    signal: AbortSignal,
    unanswered: Promise<StompError>,
  ): Promise<void> {
    const stop = () => this.#leave();
    for (const one of [signal, this.#terminal.gone]) {
      one.addEventListener('abort', stop, { once: true });
      if (one.aborted) stop();
    }
    const limited = this.#limit <= LARGEST_PREFETCH && this.#ack !== 'auto';
    const options = {
      ack: this.#ack,
      headers,
      concurrency: CONCURRENCY,
      ...(limited && { prefetch: this.#limit }),
    };
    const subscriptions = destinations.map((destination) =>
      this.#pool.subscribe(destination, options, (message) => this.#take(message)),
    );
    const over = this.#pool.closed.then(thrown);
    const ready = Promise.all(subscriptions.map((one) => one.ready));
    await firstOf(ready, this.#left, over, unanswered.then(thrown));
    this.#announce(destinations);
    await firstOf(this.#left, over, ...subscriptions.map((one) => one.closed.then(thrown)));
    this.#leaving = true;
    if (this.#pool.state !== 'connected') return;
    await firstOf(over, Promise.all(subscriptions.map((one) => one.unsubscribe())));
  }

  /** In auto mode the broker has forgotten what still comes while we leave: it is printed. */
  #take(message: Message): Promise<void> | undefined {
    if (this.#taken >= this.#limit || (this.#leaving && this.#ack !== 'auto')) return undefined;
    this.#taken++;
    return this.#print(message, this.#taken === this.#limit);
  }

  async #print(message: Message, last: boolean): Promise<void> {
    const printed = await this.#terminal.write(this.#format(message, this.#bodyOf(message)));
    if (printed) message.ack();
    if (last) this.#leave();
  }

  #bodyOf(message: Message): Buffer {
    if (!this.#base64) return message.body;
    try {
      return decodeBase64(message.body);
    } catch {
      this.#terminal.note(
        'stompwire: a body is not base64, as the configuration says; it is shown as it came',
      );
      return message.body;
    }
  }

  #announce(destinations: readonly string[]): void {
    if (!this.#terminal.isLive) return;
    const what = printable(destinations.join(', '));
    this.#terminal.note(`listening to ${what} on ${this.#pool.endpoint.name}; Ctrl-C ends it`);
  }
}

/** As Promise.race; what the others end with does not matter any more. */
function firstOf(...promises: Array<Promise<unknown>>): Promise<unknown> {
  for (const promise of promises) promise.catch(() => undefined);
  return Promise.race(promises);
}

function thrown(error: Error | undefined): void {
  if (error !== undefined) throw error;
}

function formatOf(values: Invocation['values'], sources: boolean): Format {
  const [json, raw, headers] = [flag(values, 'json'), flag(values, 'raw'), flag(values, 'headers')];
  if (json && raw) throw new UsageError('--json and --raw exclude each other');
  if (headers && (json || raw)) throw new UsageError('--headers is for text: --json has them, --raw has not');
  return { kind: json ? 'json' : raw ? 'raw' : 'text', headers, sources };
}

function ackOf(values: Invocation['values']): AckMode {
  const mode = text(values, 'ack') ?? 'client';
  if (mode === 'auto' || mode === 'client' || mode === 'client-individual') return mode;
  throw new UsageError(`--ack: expected auto, client or client-individual, received "${mode}"`);
}
