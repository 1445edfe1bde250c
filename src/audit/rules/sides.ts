import type { CloseStep, FrameStep } from './step.js';

/** How long a broker may take before its silence is a fault. */
const SILENCE_MS = 10_000;

export const fromClient = ({ direction }: FrameStep): boolean => direction === 'to-broker';
export const fromBroker = ({ direction }: FrameStep): boolean => direction === 'to-client';

/** Whether so much time went by that an answer should have come, or the broker ended the connection without it. */
export function overdue(step: CloseStep, askedAtMs: number): boolean {
  return step.atMs - askedAtMs >= SILENCE_MS || (step.how === 'close' && step.by === 'broker');
}
