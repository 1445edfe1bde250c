import type { PoolOptions } from '../../src/index.js';
import type { QueueKind, StageName } from './stages.js';

/** What is done to the connection or the broker while messages are under way. */
export type Blow =
  | { readonly kind: 'kill'; readonly signal: 'SIGKILL' | 'SIGTERM'; readonly times: number }
  /** SIGSTOP, and SIGCONT later. */
  | { readonly kind: 'stop'; readonly forMs: number }
  /** The socket is cut at random bytes. */
  | { readonly kind: 'cut'; readonly times: number };

export type Client = 'stompwire' | 'ruby, receipts' | 'ruby, plain';

/**
 * `none-lost`: what was confirmed has to be there. `some-lost`: something was broken on purpose, and a loss has to be
 * found. `reported`: what is lost is the broker's doing, or another client's.
 */
export type Expectation = 'none-lost' | 'some-lost' | 'reported';

export interface Case {
  readonly name: string;
  readonly stage: StageName;
  readonly queue: QueueKind;
  readonly blow: Blow;
  readonly client: Client;
  readonly expect: Expectation;
  /** The broker that is hit is not the one we are connected to, but the one the queue lives on. */
  readonly elsewhere?: true;
  /** Nothing is read before the final drain. */
  readonly unread?: true;
  /** The consumer has a pool of its own. */
  readonly apart?: true;
  /** The broker that was killed is started again at once, although others stand in for it. */
  readonly back?: true;
  /** What is broken on purpose. */
  readonly broken?: 'transient' | 'at once';
  /** A part of the messages of the other cases, where a broker is too slow for them. */
  readonly share?: number;
  /** Beside the defaults. */
  readonly pool?: PoolOptions;
  /** Only a hung broker that is noticed can be left. */
  readonly needsProbes?: true;
}

const KILL: Blow = { kind: 'kill', signal: 'SIGKILL', times: 1 };
const TERM: Blow = { kind: 'kill', signal: 'SIGTERM', times: 1 };
const THREE: Blow = { kind: 'kill', signal: 'SIGKILL', times: 3 };
const STOP: Blow = { kind: 'stop', forMs: 4_000 };
const CUT: Blow = { kind: 'cut', times: 10 };

const OURS = { client: 'stompwire', expect: 'none-lost' } as const;

const SYSTEMS = [
  // It writes each message to the disk before it answers.
  { prefix: 'activemq', stage: 'activemq', queue: 'plain', share: 0.25 },
  { prefix: 'mirrored', stage: 'rabbitmq', queue: 'mirrored', share: 1 },
  { prefix: 'quorum', stage: 'rabbitmq', queue: 'quorum', share: 1 },
] as const;

const FILE = { stage: 'stompserver-file', queue: 'plain', share: 0.1 } as const;

export const CASES: readonly Case[] = [
  ...SYSTEMS.flatMap(({ prefix, stage, queue, share }): Case[] => [
    { name: `${prefix}-kill`, stage, queue, blow: KILL, ...OURS },
    { name: `${prefix}-term`, stage, queue, blow: TERM, share, ...OURS },
    { name: `${prefix}-three`, stage, queue, blow: THREE, share, ...OURS },
    { name: `${prefix}-cut`, stage, queue, blow: CUT, share, ...OURS },
    { name: `${prefix}-stop`, stage, queue, blow: STOP, share, needsProbes: true, ...OURS },
    { name: `${prefix}-ruby`, stage, queue, blow: KILL, share, client: 'ruby, receipts', expect: 'reported' },
    {
      name: `${prefix}-ruby-plain`,
      stage,
      queue,
      blow: KILL,
      share,
      client: 'ruby, plain',
      expect: 'reported',
    },
  ]),
  { name: 'quorum-elsewhere', stage: 'rabbitmq', queue: 'quorum', blow: KILL, elsewhere: true, ...OURS },
  ...(['mirrored', 'quorum'] as const).map(
    (queue): Case => ({
      name: `${queue}-backup`,
      stage: 'rabbitmq',
      queue,
      blow: KILL,
      pool: { backup: true },
      ...OURS,
    }),
  ),
  {
    name: 'activemq-apart',
    stage: 'activemq',
    queue: 'plain',
    blow: KILL,
    share: 0.25,
    apart: true,
    ...OURS,
  },
  { name: 'quorum-apart', stage: 'rabbitmq', queue: 'quorum', blow: KILL, apart: true, ...OURS },
  {
    // No other node has the queue: it is gone while its node is down.
    name: 'classic-kill',
    stage: 'rabbitmq',
    queue: 'plain',
    blow: KILL,
    back: true,
    unread: true,
    share: 0.1,
    client: 'stompwire',
    expect: 'reported',
  },
  {
    name: 'activemq-kill-250',
    stage: 'activemq',
    queue: 'plain',
    blow: KILL,
    share: 0.25,
    pool: { maxReconnectDelayMs: 250 },
    ...OURS,
  },
  {
    name: 'control-transient',
    stage: 'activemq',
    queue: 'plain',
    blow: KILL,
    share: 0.25,
    unread: true,
    broken: 'transient',
    client: 'stompwire',
    expect: 'some-lost',
  },
  {
    name: 'control-at-once',
    stage: 'activemq',
    queue: 'plain',
    blow: KILL,
    share: 0.25,
    broken: 'at once',
    client: 'stompwire',
    expect: 'some-lost',
  },
  { name: 'file-kill', ...FILE, blow: KILL, unread: true, ...OURS },
  { name: 'file-kill-read', ...FILE, blow: KILL, client: 'stompwire', expect: 'reported' },
  { name: 'file-cut', ...FILE, blow: CUT, unread: true, ...OURS },
  {
    name: 'memory-kill',
    stage: 'stompserver-memory',
    queue: 'plain',
    blow: KILL,
    unread: true,
    client: 'stompwire',
    expect: 'reported',
  },
];
