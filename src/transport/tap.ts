import type { Observer } from '../frame/observer.js';

type EventName = keyof Observer;
type EventOf<N extends EventName> = Parameters<NonNullable<Observer[N]>>[0];

/** Tells the observer, and keeps what it throws away from everything else. */
export class Tap {
  readonly #observer: Observer | undefined;
  /** How often a method of the observer threw. */
  errors = 0;

  constructor(observer: Observer | undefined) {
    this.#observer = observer;
  }

  /** Whether it is worth building the event. */
  wants(name: EventName): boolean {
    return this.#observer?.[name] !== undefined;
  }

  emit<N extends EventName>(name: N, event: EventOf<N>): void {
    const observer = this.#observer;
    if (observer === undefined) return;
    try {
      const result: unknown = (observer[name] as ((event: EventOf<N>) => unknown) | undefined)?.call(
        observer,
        event,
      );
      if (result instanceof Promise) result.catch((error: unknown) => this.#failed(name, error));
    } catch (error) {
      this.#failed(name, error);
    }
  }

  warn(message: string, error?: unknown): void {
    this.emit('onWarning', { message, error });
  }

  /** A message handler threw: told to the observer, or else it surfaces as from any Node callback. */
  handlerFailed(error: unknown, destination: string): void {
    if (this.wants('onHandlerError')) this.emit('onHandlerError', { error, destination });
    else {
      process.nextTick(() => {
        throw error;
      });
    }
  }

  #failed(name: EventName, error: unknown): void {
    this.errors++;
    this.#report(name, error);
  }

  #report(name: EventName, error: unknown): void {
    if (name !== 'onWarning') this.warn(`the observer's ${name} threw`, error);
  }
}
