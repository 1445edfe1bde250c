import type { ByteRange, Severity, Side } from '../types.js';
import type { Conversation } from './conversation.js';
import type { BrokenStep, CloseStep, FrameRef, FrameStep, GapStep, OpenStep } from './step.js';

/** A section of the specification of STOMP 1.0, or that it says nothing. */
export type SpecSection =
  | 'opening'
  | 'SEND'
  | 'SUBSCRIBE'
  | 'UNSUBSCRIBE'
  | 'BEGIN'
  | 'COMMIT'
  | 'ACK'
  | 'ABORT'
  | 'DISCONNECT'
  | 'Receipt'
  | 'MESSAGE'
  | 'RECEIPT'
  | 'ERROR'
  | 'Augmented BNF'
  | 'silent';

/** What a check has found: a sentence, perhaps with the bytes that show it. */
export type Told =
  | undefined
  | string
  | {
      readonly message: string;
      /** The offending bytes: positions in those of the step, or of `about`. */
      readonly mark?: ByteRange | undefined;
      /** The frame it is about, where that is not the one in hand. */
      readonly about?: FrameRef | undefined;
    };

/** Looks at one step and the conversation before it. Keeps nothing itself. */
export type Check<S> = (step: S, talk: Conversation) => Told;

/** What is said of a rule. */
export interface RuleText {
  readonly id: string;
  /** Of docs/protocol.md. */
  readonly point: string;
  readonly spec: SpecSection;
  readonly severity: Severity;
  /** Who has to change; `sender` is whoever sent the bytes. */
  readonly fault: Side | 'sender';
  /** What to do about it. */
  readonly advice: string;
  /** Tell it once for each connection. */
  readonly once?: boolean | undefined;
}

/** One rule, with what it looks at. */
export type Rule =
  | (RuleText & {
      readonly on: 'frame';
      /** Only these; all where there are none. */
      readonly commands?: readonly string[] | undefined;
      readonly check: Check<FrameStep>;
    })
  | (RuleText & { readonly on: 'gap'; readonly check: Check<GapStep> })
  | (RuleText & { readonly on: 'broken'; readonly check: Check<BrokenStep> })
  | (RuleText & { readonly on: 'open'; readonly check: Check<OpenStep> })
  | (RuleText & { readonly on: 'close'; readonly check: Check<CloseStep> });

/** Text of a peer, short and in quotes. */
export function quote(text: string | undefined): string {
  return JSON.stringify((text ?? '').slice(0, 64));
}
