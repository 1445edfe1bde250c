export { FrameError } from '../errors.js';
export {
  CLIENT_COMMANDS,
  type ClientCommand,
  REQUIRED_HEADERS,
  SERVER_COMMANDS,
  type ServerCommand,
} from './command.js';
export { Frame } from './frame.js';
export { Headers } from './headers.js';
export { DEFAULT_LIMITS, type FrameLimits } from './limits.js';
export { FrameParser, type ParserOptions } from './parser.js';
export {
  type BodyInit,
  encodeFrame,
  type FrameInit,
  type HeadersInit,
  type HeaderValue,
} from './serializer.js';
