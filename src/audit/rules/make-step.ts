import { CLIENT_COMMANDS, SERVER_COMMANDS } from '../../frame/index.js';
import type { FrameItem } from '../stream.js';
import type { Direction, Side } from '../types.js';
import { readFrameHead } from './lines.js';
import type { BytesStep, FrameStep, Step } from './step.js';

/** Whether a step has bytes to show. */
export function isBytes(step: Step): step is Exclude<Step, { kind: 'open' | 'close' }> {
  return step.kind !== 'open' && step.kind !== 'close';
}

export function senderOf(source: { direction: Direction } | undefined): Side {
  return source?.direction === 'to-client' ? 'broker' : 'client';
}

const CLIENT: readonly string[] = CLIENT_COMMANDS;
const SERVER: readonly string[] = SERVER_COMMANDS;

/** A command of the other side. */
export function goesWrongWay({ direction, command }: FrameStep): boolean {
  return (direction === 'to-broker' ? SERVER : CLIENT).includes(command);
}

export function frameStep(base: BytesStep, { frame, pieces }: FrameItem): FrameStep {
  let head: FrameStep['head'] | undefined;
  return {
    kind: 'frame',
    ...base,
    frame,
    command: frame.command,
    pieces,
    get head() {
      head ??= readFrameHead(base.bytes);
      return head;
    },
  };
}
