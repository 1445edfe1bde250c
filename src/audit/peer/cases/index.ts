import type { ClientCase } from '../types.js';
import { connectCases } from './connect.js';
import { readingCases } from './reading.js';
import { sendingCases } from './sending.js';

/** What a client is led through, in this order. */
export const clientCases: readonly ClientCase[] = Object.freeze([
  ...connectCases,
  ...readingCases,
  ...sendingCases,
]);
