import type { Flow } from './flow.js';
import type { ResolvedConnectionOptions } from './resolve.js';
import type { Tap } from './tap.js';

/** What the connections of one owner share. */
export interface Shared {
  readonly options: ResolvedConnectionOptions;
  /** A RECEIPT is overdue: true lets it wait on, false fails it. Default false. */
  readonly onOverdue?: (() => boolean) | undefined;
  readonly tap: Tap;
  readonly flow: Flow;
}
