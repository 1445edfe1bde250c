import type { BrokerClock, BrokerTimer } from './clock.js';
import type { Entry } from './queue.js';
import type { BrokerStore } from './store.js';

type Change = { readonly kind: 'added' | 'removed'; readonly entry: Entry };

/**
 * What a broker changed in its store and would not find again after a crash. With a delay of 0 everything is
 * stored at once; else changes are stored together, `delayMs` after the first of them, and RECEIPTs wait for it.
 */
export class Journal {
  readonly #clock: BrokerClock;
  readonly #delayMs: number;
  #changes: Change[] = [];
  #waiters: Array<() => void> = [];
  #timer: BrokerTimer | undefined;

  constructor(clock: BrokerClock, delayMs: number) {
    this.#clock = clock;
    this.#delayMs = delayMs;
  }

  added(entry: Entry): void {
    if (this.#delayMs > 0 && entry.message.durable) this.#note({ kind: 'added', entry });
  }

  removed(entry: Entry): void {
    if (this.#delayMs > 0 && entry.message.durable) this.#note({ kind: 'removed', entry });
  }

  /** Calls `then` when all that was changed up to now is stored; at once where nothing waits. */
  whenStored(then: () => void): void {
    if (this.#timer === undefined) then();
    else this.#waiters.push(then);
  }

  /** A crash. What was not stored is undone, or `kept` as if the storing had just been done; nobody is told. */
  crash(store: BrokerStore, kept: boolean): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#waiters = [];
    const changes = this.#changes.reverse();
    this.#changes = [];
    if (!kept) for (const change of changes) undo(change, store);
  }

  /** Stores all there is, and tells those who wait. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#changes = [];
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const then of waiters) then();
  }

  #note(change: Change): void {
    this.#changes.push(change);
    this.#timer ??= this.#clock.schedule(this.#delayMs, () => this.flush());
  }
}

function undo({ kind, entry }: Change, store: BrokerStore): void {
  const { destination } = entry.message;
  if (kind === 'removed') {
    entry.redelivered = true;
    store.queue(destination).restore([entry]);
  } else {
    entry.lost = true;
    store.find(destination)?.discard((other) => other === entry);
  }
}
