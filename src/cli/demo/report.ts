import type { Terminal } from '../terminal.js';
import type { Tally } from './tally.js';

export interface DemoResult {
  readonly durationMs: number;
  readonly failoversMs: readonly number[];
  /** By the demo. */
  readonly killed: boolean;
}

const EVERY_MS = 100;
const BAR = 24;

/** What the demo says: lines as things happen, a live line on a terminal, a table at the end. */
export class Reporter {
  readonly #terminal: Terminal;
  readonly #tally: Tally;
  readonly #json: boolean;
  readonly #timer: NodeJS.Timeout;
  readonly #startedAt = performance.now();
  #connections = 0;

  constructor(terminal: Terminal, tally: Tally, json: boolean) {
    this.#terminal = terminal;
    this.#tally = tally;
    this.#json = json;
    this.#timer = setInterval(() => this.#progress(), EVERY_MS);
    this.#timer.unref();
  }

  intro(hosts: readonly string[], window: number, notice: string | undefined): void {
    const { size } = this.#tally;
    const embedded = notice !== undefined;
    this.#say(this.#terminal.paint('bold', `${number(size)} messages through ${brokers(hosts, embedded)}`));
    this.#say();
    for (const [i, host] of hosts.entries()) {
      const role = embedded ? ['active', 'standby, on the same store'][i] : '';
      this.#say(`  broker ${i + 1}     ${host}${role ? `, ${role}` : ''}`);
    }
    this.#say(`  publish      persistent, each confirmed by a RECEIPT, ${window} under way`);
    this.#say('  consume      ack:client, each acknowledged when it was counted');
    if (embedded) this.#say(this.#terminal.paint('dim', `  ${notice}`));
    this.#say();
  }

  connected(endpoint: string): void {
    const again = this.#connections++ > 0;
    this.#event(`connected${again ? ' again, to' : ' to'} ${endpoint}`);
  }

  lost(endpoint: string): void {
    this.#event(`lost ${endpoint}`);
  }

  killed(endpoint: string): void {
    this.#event(`killed ${endpoint}, with ${number(this.#tally.confirmed)} messages confirmed`);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#terminal.clearStatus();
  }

  result(result: DemoResult): void {
    this.stop();
    const { size, confirmed, sentAgain, received, missing, duplicates } = this.#tally;
    const ratePerSecond = Math.round((received / Math.max(result.durationMs, 1)) * 1_000);
    const longest = result.failoversMs.length === 0 ? undefined : Math.max(...result.failoversMs);
    if (this.#json) {
      const failoverMs = longest === undefined ? null : rounded(longest);
      const durationMs = rounded(result.durationMs);
      const losses = { killed: result.killed, failovers: result.failoversMs.length, failoverMs };
      const counts = {
        messages: size,
        published: confirmed,
        sentAgain,
        received,
        lost: missing,
        duplicates,
      };
      this.#terminal.json({ ...counts, ...losses, durationMs, ratePerSecond });
      return;
    }
    const since = result.killed ? 'the kill' : 'the loss';
    this.#say();
    this.#row('published', number(confirmed), 'messages, each confirmed by a RECEIPT');
    this.#row('sent again', number(sentAgain), 'as their RECEIPT was lost with the connection');
    this.#row('received', number(received), 'different messages');
    this.#row('lost', number(missing), 'confirmed, and never received', missing === 0 ? 'green' : 'red');
    this.#row('duplicates', number(duplicates), 'received more than once: delivery is at least once');
    if (longest === undefined) this.#row('failover', '-', 'no connection was lost');
    else
      this.#row(
        'failover',
        `${rounded(longest)} ms`,
        `from ${since} to the next RECEIPT or message${many(result)}`,
      );
    const span = `over ${seconds(result.durationMs)}${longest === undefined ? '' : ', failover included'}`;
    this.#row('rate', `${number(ratePerSecond)}/s`, span);
    this.#say();
    this.#say(this.#verdict(result));
  }

  #verdict({ killed }: DemoResult): string {
    const { missing } = this.#tally;
    const though = killed ? ' although a broker was killed' : '';
    return missing === 0
      ? this.#terminal.paint('green', `Nothing was lost${though}.`)
      : this.#terminal.paint('red', `${number(missing)} messages were lost.`);
  }

  #row(name: string, value: string, about: string, style?: 'green' | 'red'): void {
    const cell = value.padStart(10);
    this.#say(`  ${name.padEnd(16)}${style ? this.#terminal.paint(style, cell) : cell}   ${about}`);
  }

  #progress(): void {
    const { size, confirmed, received, duplicates } = this.#tally;
    const done = Math.floor((received / size) * BAR);
    const bar = '#'.repeat(done).padEnd(BAR, '.');
    const counts = `published ${number(confirmed)}  received ${number(received)}  twice ${number(duplicates)}`;
    this.#terminal.status(`  [${bar}] ${counts}`);
  }

  #event(text: string): void {
    this.#say(`  ${seconds(performance.now() - this.#startedAt).padStart(7)}  ${text}`);
  }

  #say(text = ''): void {
    if (!this.#json) this.#terminal.line(text);
  }
}

function brokers(hosts: readonly string[], embedded: boolean): string {
  if (embedded) return 'a pair of brokers; the active one is killed half-way';
  return hosts.length === 1 ? 'your broker' : `your ${hosts.length} brokers`;
}

function many({ failoversMs }: DemoResult): string {
  return failoversMs.length > 1 ? `; the longest of ${failoversMs.length}` : '';
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}
