export { ConfigError } from '../errors.js';
export { parseConfig } from './config.js';
export { Connector, type Request } from './connector.js';
export { decodeBase64, encodeBase64 } from './encoding.js';
export type { ConfigWarning, ParseConfigOptions, Settings, Targets } from './settings.js';
export { type TargetKind, targetOf, targetsOf } from './targets.js';
