import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A fenced block. In ```` ```ts run ```` the language is `ts` and the mark `run`. */
export interface Block {
  /** Below the root. */
  readonly file: string;
  /** 1-based, of its first fence. */
  readonly line: number;
  readonly language: string;
  readonly mark: string;
  readonly text: string;
}

/** README.md and its like, and all of docs. */
export function documents(): string[] {
  const top = readdirSync(ROOT).filter((name) => name.endsWith('.md'));
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name.replaceAll('\\', '/')}`);
  return [...top, ...docs].sort();
}

export function readText(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

export function blocksOf(file: string, text = readText(file)): Block[] {
  const blocks: Block[] = [];
  let open: { line: number; language: string; mark: string; lines: string[] } | undefined;
  for (const [i, line] of text.split('\n').entries()) {
    const [, info] = /^```(.*)$/.exec(line) ?? [];
    if (info === undefined) open?.lines.push(line);
    else if (open === undefined) {
      const [language = '', ...marks] = info.trim().split(/\s+/);
      open = { line: i + 1, language, mark: marks.join(' '), lines: [] };
    } else {
      const { lines, ...rest } = open;
      blocks.push({ file, ...rest, text: `${lines.join('\n')}\n` });
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`${file}:${open.line}: a block that does not end`);
  return blocks;
}

/** The text without its blocks and comments. */
export function prose(text: string): string {
  return text.replace(/^```[\s\S]*?^```$/gm, '').replace(/<!--[\s\S]*?-->/g, '');
}

/** Headings as `[level, text]`. */
export function headingsOf(text: string): Array<[level: number, text: string]> {
  return [...prose(text).matchAll(/^(#+) (.+)$/gm)].map(([, marks, title]) => [marks!.length, title!]);
}

/** The name of a heading in a link, as GitHub makes it. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
}

/** Links of a document that lead nowhere: to a file or a heading that is not there. */
export function brokenLinks(file: string, text = readText(file)): string[] {
  const broken: string[] = [];
  for (const [, target] of prose(text).matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target!)) continue;
    const [path = '', anchor] = target!.split('#');
    const to = path === '' ? file : posix.normalize(posix.join(dirname(file), path));
    if (!existsSync(join(ROOT, to))) broken.push(`${file}: ${target}`);
    else if (anchor !== undefined && to.endsWith('.md')) {
      const anchors = headingsOf(to === file ? text : readText(to)).map(([, title]) => anchorOf(title));
      if (!anchors.includes(anchor)) broken.push(`${file}: ${target}`);
    }
  }
  return broken;
}
