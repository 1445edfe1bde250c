import { escapeBytes, type Finding, type Severity } from '../audit/index.js';
import { printable, type Style, type Terminal } from './terminal.js';

const STYLES: Readonly<Record<Severity, Style>> = {
  violation: 'red',
  deviation: 'yellow',
  dialect: 'dim',
  advice: 'dim',
};

/** A finding as one line, while it happens. */
export function findingLine(
  terminal: Terminal,
  { connection, severity, fault, rule, message }: Finding,
): string {
  const kind = terminal.paint(STYLES[severity], severity);
  return `${String(connection).padStart(4)} ${kind} of the ${fault}: ${rule}: ${printable(message)}`;
}

/** As renderJson has it, but for one line. */
export function findingJson({ excerpt, ...rest }: Finding): object {
  if (excerpt === undefined) return rest;
  const { bytes, offset, mark } = excerpt;
  return { ...rest, excerpt: { offset, mark, base64: bytes.toString('base64'), text: escapeBytes(bytes) } };
}
