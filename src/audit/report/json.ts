import { escapeBytes } from '../excerpt.js';
import type { Finding } from '../types.js';
import { type Report, titleOf } from './report.js';

/** Everything but the conversation, for programs. `v` changes when a field does. */
export function renderJson(report: Report): string {
  const { summary, findings } = report;
  return `${JSON.stringify({ v: 1, title: titleOf(report), summary, findings: findings.map(plain) }, undefined, 2)}\n`;
}

function plain({ excerpt, ...rest }: Finding): object {
  if (excerpt === undefined) return rest;
  const { bytes, offset, mark } = excerpt;
  return { ...rest, excerpt: { offset, mark, base64: bytes.toString('base64'), text: escapeBytes(bytes) } };
}
