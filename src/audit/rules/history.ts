import { BoundedMap } from './bounded.js';

const MAX_IDS = 10_000;
const MAX_ENDPOINTS = 1_000;

/** The latest connections to one endpoint. */
export interface EndpointHistory {
  /** When the last one ended; undefined while one is open. */
  endedAtMs: number | undefined;
  /** How many were opened at once after the one before had ended. */
  hasty: number;
  /** How many in a row carried no more than one SEND. */
  short: number;
}

/** What is known of connections that have ended. */
export class History {
  readonly #unacked = new BoundedMap<string, number>(MAX_IDS);
  readonly #endpoints = new BoundedMap<string, EndpointHistory>(MAX_ENDPOINTS);

  /** The connection on which an id was delivered and not acknowledged. */
  deliveredOn(id: string): number | undefined {
    return this.#unacked.get(id);
  }

  endpoint(name: string): EndpointHistory {
    const known = this.#endpoints.get(name);
    if (known !== undefined) return known;
    const fresh: EndpointHistory = { endedAtMs: undefined, hasty: 0, short: 0 };
    this.#endpoints.set(name, fresh);
    return fresh;
  }

  keep(connection: number, ids: readonly string[]): void {
    for (const id of ids.slice(-MAX_IDS)) this.#unacked.set(id, connection);
  }
}
