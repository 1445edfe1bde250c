const HIDDEN = '[secret]';

/** A passcode that does not show: it prints, inspects and serialises as `[secret]`, also after its owner was spread. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The passcode itself. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return HIDDEN;
  }
}

/** A passcode as a user may give it; a function is asked anew at every dial. */
export type Passcode = string | Secret | (() => string | Secret | Promise<string | Secret>);
