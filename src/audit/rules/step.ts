import type { FrameError } from '../../errors.js';
import type { Frame } from '../../frame/index.js';
import type { Direction, Side } from '../types.js';
import type { FrameHead } from './lines.js';

interface StepBase {
  /** Of the record that brought it. */
  readonly record: number;
  readonly atMs: number;
}

/** Bytes of one direction. */
export interface BytesStep extends StepBase {
  readonly direction: Direction;
  readonly bytes: Buffer;
  readonly offset: number;
}

export interface FrameStep extends BytesStep {
  readonly kind: 'frame';
  readonly frame: Frame;
  readonly command: string;
  readonly pieces: number;
  /** The head line by line; read when it is asked for. */
  readonly head: FrameHead;
}

export interface GapStep extends BytesStep {
  readonly kind: 'gap';
}

export interface BrokenStep extends BytesStep {
  readonly kind: 'broken';
  readonly error: FrameError;
}

export interface OpenStep extends StepBase {
  readonly kind: 'open';
}

/** The connection is over; `how` is `end` where the records end first. */
export interface CloseStep extends StepBase {
  readonly kind: 'close';
  readonly how: 'close' | 'end';
  readonly by: Side | undefined;
}

export type Step = FrameStep | GapStep | BrokenStep | OpenStep | CloseStep;

/** A frame that is to be remembered: where it is, and how it begins. */
export interface FrameRef {
  readonly record: number;
  readonly atMs: number;
  readonly direction: Direction;
  readonly offset: number;
  readonly bytes: Buffer;
}

const REF_BYTES = 160;

/** Remembers a frame without holding on to the chunk it came in. */
export function refTo(step: FrameStep): FrameRef {
  const { record, atMs, direction, offset, bytes } = step;
  return { record, atMs, direction, offset, bytes: Buffer.from(bytes.subarray(0, REF_BYTES)) };
}
