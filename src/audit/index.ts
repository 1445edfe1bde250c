/** Watches connections, keeps what it saw, and holds it against the rules of STOMP 1.0. docs/audit.md tells how. */
export { Auditor, type AuditorOptions, type AuditSummary, audit } from './auditor.js';
export {
  type BrokerCase,
  type BrokerCaseResult,
  type BrokerReport,
  type BrokerSuiteOptions,
  type BrokerTarget,
  brokerCases,
  type CaseTranscript,
  type Judgement,
  type Passed,
  runBrokerSuite,
  type Section,
  type SuiteClock,
  type Verdict,
} from './conformance/index.js';
export { escapeBytes } from './excerpt.js';
export {
  cutIntoFrames,
  filterTranscript,
  type ReadItem,
  readItems,
  replay,
  replayInto,
  type TranscriptFilter,
} from './frames.js';
export { type MaskedBytes, PasscodeMasker } from './mask.js';
export {
  type ClientCase,
  type ClientCaseResult,
  type ClientErrand,
  type ClientReport,
  type ClientSuiteOptions,
  clientCases,
  type PeerStep,
  runClientSuite,
} from './peer/index.js';
export { AuditProxy, type ProxyOptions, type ProxyStats, type ProxyTls, startProxy } from './proxy.js';
export { type RecordedConnection, Recorder, type RecorderOptions } from './recorder.js';
export { escapeMarkup } from './report/escape.js';
export { hexDump } from './report/hex.js';
export { type HtmlOptions, htmlParts, renderHtml } from './report/html.js';
export { renderJson } from './report/json.js';
export {
  type JunitCase,
  type JunitOptions,
  type JunitSuite,
  renderJunit,
  renderJunitSuites,
} from './report/junit.js';
export type { Report } from './report/report.js';
export { renderText, type TextOptions } from './report/text.js';
export { RULES } from './rules/index.js';
export type { Rule, RuleText, SpecSection } from './rules/rule.js';
export { RecordList, teeRecords } from './sink.js';
export type { BrokenItem, FrameItem, GapItem, LostItem, StreamItem } from './stream.js';
export { Tap } from './tap.js';
export {
  encodeRecord,
  type TranscriptOptions,
  type TranscriptSink,
  type TranscriptStats,
  TranscriptWriter,
} from './transcript.js';
export {
  readTranscript,
  TranscriptError,
  type TranscriptErrorCode,
  TranscriptReader,
} from './transcript-read.js';
export type {
  AuditClock,
  ByteRange,
  BytesRecord,
  CloseRecord,
  Direction,
  Excerpt,
  Finding,
  NoteRecord,
  OpenRecord,
  RecordSink,
  Severity,
  Side,
  TranscriptRecord,
} from './types.js';
