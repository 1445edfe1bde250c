export { clientCases } from './cases/index.js';
export { runClientSuite } from './suite.js';
export type {
  ClientCase,
  ClientCaseResult,
  ClientErrand,
  ClientReport,
  ClientSuiteOptions,
  PeerStep,
} from './types.js';
