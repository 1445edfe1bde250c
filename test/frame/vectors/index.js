import { BODIES } from './bodies.js';
import { BROKERS } from './brokers.js';
import { COMMANDS } from './commands.js';
import { GREY_AREAS } from './grey-areas.js';
import { HEADERS } from './headers.js';
import { LIMITS } from './limits.js';
import { STREAM } from './stream.js';
export const VECTORS = [
  ['grey areas', GREY_AREAS],
  ['commands', COMMANDS],
  ['headers', HEADERS],
  ['bodies', BODIES],
  ['stream', STREAM],
  ['limits', LIMITS],
  ['real brokers', BROKERS],
];
