export { brokerCases } from './cases/index.js';
export type { SuiteClock } from './clock.js';
export type { Passed } from './conversation.js';
export { runBrokerSuite } from './suite.js';
export type {
  BrokerCase,
  BrokerCaseResult,
  BrokerReport,
  BrokerSuiteOptions,
  BrokerTarget,
  CaseTranscript,
  Section,
} from './types.js';
export type { Judgement, Verdict } from './verdict.js';
