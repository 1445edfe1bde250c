/** One line of a client.cfg that is neither blank nor a comment. */
export interface ConfigLine {
  /** 1-based. */
  readonly line: number;
  /** Without the blanks around it. Of a line that gives no value: what stands before the `=`, or the whole line. */
  readonly key: string;
  /** Undefined where the line gives none: MCollective passes such a line over in silence. */
  readonly value: string | undefined;
  /** White space before the key: an error for old versions of MCollective. */
  readonly indented: boolean;
}

// Ruby's white space; JavaScript's `\s` and `trim` would take no-break spaces out of values as well.
const BLANKS = ' \t\r\n\v\f';

/**
 * The grammar of MCollective's configuration files: line based, `#` is a comment in column 0 only, no quoting, no
 * comment after a value. A line ends at LF alone; the CR of a Windows file is trailing white space.
 */
export function readLines(text: string): ConfigLine[] {
  const lines: ConfigLine[] = [];
  const withoutMark = text.startsWith('\ufeff') ? text.slice(1) : text;
  for (const [index, whole] of withoutMark.split('\n').entries()) {
    const line = trimEnd(whole);
    if (line !== '' && !line.startsWith('#')) lines.push(readLine(line, index + 1));
  }
  return lines;
}

function readLine(text: string, line: number): ConfigLine {
  const indented = BLANKS.includes(text.charAt(0));
  // A key has one character at least, so an `=` in column 0 belongs to the key.
  const equals = text.indexOf('=', 1);
  if (equals === -1) return { line, key: trim(text), value: undefined, indented };
  const value = trim(text.slice(equals + 1));
  return { line, key: trim(text.slice(0, equals)), value: value === '' ? undefined : value, indented };
}

function trim(text: string): string {
  let start = 0;
  while (start < text.length && BLANKS.includes(text.charAt(start))) start++;
  return trimEnd(text.slice(start));
}

function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && BLANKS.includes(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}
