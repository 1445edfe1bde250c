import type { ByteRange, Excerpt } from './types.js';

const MAX_BYTES = 256;
const BEFORE = 32;

/** The bytes that show a finding: the beginning, or those around the mark where that lies further on. */
export function excerptOf(source: { bytes: Buffer; offset: number }, mark: ByteRange | undefined): Excerpt {
  const { offset } = source;
  const bytes = hidePasscodes(source.bytes);
  const from = mark === undefined || mark[1] <= MAX_BYTES ? 0 : Math.max(0, mark[0] - BEFORE);
  const kept = Buffer.from(bytes.subarray(from, from + MAX_BYTES));
  const shown: ByteRange | undefined =
    mark === undefined || mark[0] - from >= kept.length
      ? undefined
      : [mark[0] - from, Math.min(mark[1] - from, kept.length)];
  return { bytes: kept, offset: offset + from, mark: shown };
}

const PASSCODE = /^([ \t]*passcode[ \t]*:)([^\r\n]*)/gim;

/** For what is shown: records that were not made by a recorder may hold a passcode. Of the same length. */
export function hidePasscodes(bytes: Buffer): Buffer {
  const wire = bytes.toString('latin1');
  const hidden = wire.replace(PASSCODE, (_, name: string, value: string) => name + '*'.repeat(value.length));
  return hidden === wire ? bytes : Buffer.from(hidden, 'latin1');
}

/** One character for each byte that has one; a dot for the others. */
export function printable(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.';
  return text;
}

/** Bytes as source text: `\n`, `\0`, `\xff`; what is UTF-8 stays as it is. */
export function escapeBytes(bytes: Buffer): string {
  const escaped = bytes.toString('latin1').replace(/[\x00-\x1f\x7f\\]/g, (char) => {
    const known = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\0': '\\0', '\\': '\\\\' }[char];
    return known ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  const wire = Buffer.from(escaped, 'latin1');
  const text = wire.toString('utf8');
  if (Buffer.from(text).equals(wire)) return text;
  return escaped.replace(/[\x80-\xff]/g, (char) => `\\x${char.charCodeAt(0).toString(16)}`);
}
