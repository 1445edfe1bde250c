import { RULES } from '../rules/index.js';
import type { Finding } from '../types.js';
import { drawDiagram } from './diagram.js';
import { escapeMarkup } from './escape.js';
import { hexMarkup } from './hex.js';
import {
  countFindings,
  countTraffic,
  placeOf,
  type Report,
  SEVERITIES,
  titleOf,
  worstFirst,
} from './report.js';
import { STYLE } from './style.js';

/** How much of it goes into the page. */
export interface HtmlOptions {
  /** Frames that are drawn; of those behind, only the ones with findings are. Default 10,000. */
  readonly maxFrames?: number | undefined;
  /** Bytes of each body that are shown. Default 512. */
  readonly maxBodyBytes?: number | undefined;
  /** Findings that are listed. Default 1,000. */
  readonly maxFindings?: number | undefined;
}

/** One file that needs no other: summary, findings, and the conversation as a sequence diagram. */
export function renderHtml(report: Report, options: HtmlOptions = {}): string {
  return [...htmlParts(report, options)].join('');
}

/** The same in pieces, for whoever writes them as they come. */
export function* htmlParts(report: Report, options: HtmlOptions = {}): Generator<string, void, undefined> {
  const title = escapeMarkup(titleOf(report));
  const findings = worstFirst(report.findings).slice(0, options.maxFindings ?? 1_000);
  yield `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>${title}</title>`;
  yield '<meta name="viewport" content="width=device-width, initial-scale=1">';
  yield `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`;
  yield `<style>${STYLE}</style></head><body>\n`;
  yield* summary(report, title);
  yield* list(findings, report);
  if (report.records !== undefined) {
    const { maxFrames = 10_000, maxBodyBytes = 512 } = options;
    yield '<h2>Conversation</h2>\n<p class="dim">Click a frame for its headers and body.</p>\n';
    yield* drawDiagram(report.records, findings, { maxFrames, maxBodyBytes });
  }
  yield '</body></html>\n';
}

function* summary(report: Report, title: string): Generator<string, void, undefined> {
  const { summary: counts } = report;
  yield `<header><h1>${title}</h1><p class="dim">${countTraffic(counts)}: ${countFindings(counts)}</p>\n<ul class="tiles">`;
  for (const severity of SEVERITIES) {
    const count = counts.findings[severity];
    yield `<li class="${severity}${count === 0 ? ' none' : ''}"><b>${count}</b>${severity}</li>`;
  }
  yield '</ul></header>\n';
}

const CHUNK = 50;
const SUMMARY_PX = 46;
/** Of a short list all findings are open from the start. */
const OPEN = 3;

function* list(findings: readonly Finding[], report: Report): Generator<string, void, undefined> {
  yield '<h2>Findings</h2>\n';
  if (findings.length === 0) yield '<p>None.</p>\n';
  for (let at = 0; at < findings.length; at += CHUNK) {
    const part = findings.slice(at, at + CHUNK);
    yield `<div class="chunk" style="contain-intrinsic-size:auto ${part.length * SUMMARY_PX}px">\n`;
    for (const [i, finding] of part.entries()) yield tell(finding, at + i, findings.length <= OPEN, report);
    yield '</div>\n';
  }
  const hidden = report.findings.length + report.summary.dropped - findings.length;
  if (hidden > 0) yield `<p class="dim">${hidden} more are not listed.</p>\n`;
}

const SPECS = new Map(RULES.map(({ id, spec }) => [id, spec]));

function tell(finding: Finding, number: number, open: boolean, report: Report): string {
  const { severity, rule, point, fault, message, advice, excerpt } = finding;
  const spec = SPECS.get(rule);
  const section = spec === undefined || spec === 'silent' ? '' : `, section ${spec} of the specification`;
  const link = report.records === undefined ? '' : ` <a href="#at-${number}">Show it in the conversation</a>`;
  const bytes =
    excerpt === undefined ? '' : `<pre>${hexMarkup(excerpt.bytes, excerpt.offset, excerpt.mark)}</pre>`;
  return [
    `<details class="finding ${severity}" id="finding-${number}"${open ? ' open' : ''}>`,
    `<summary><span class="badge">${severity}</span>`,
    `<span class="what">${escapeMarkup(message)}</span><code>${escapeMarkup(rule)}</code></summary>`,
    `<div><p>${escapeMarkup(advice)}</p>`,
    `<p class="dim">Fault of the ${fault}; ${point} of docs/protocol.md${escapeMarkup(section)}; `,
    `${placeOf(finding)}.${link}</p>${bytes}</div></details>\n`,
  ].join('');
}
