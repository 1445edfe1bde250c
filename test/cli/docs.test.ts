import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { EXIT } from '../../src/cli/command.js';
import { COMMANDS, HELP } from '../../src/cli/program.js';

const file = new URL('../../docs/cli.md', import.meta.url);
const text = readFileSync(file, 'utf8');

describe('docs/cli.md', () => {
  test('has the help of the whole, and of each command under its heading', () => {
    expect(text).toContain(`\`\`\`text\n${HELP}\n\`\`\``);
    for (const { name, help } of COMMANDS)
      expect(text).toContain(`\n## ${name}\n\n\`\`\`text\n${help}\n\`\`\``);
  });

  test('has one table of the exit codes, and all of them', () => {
    const codes = [...text.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
    expect(codes).toEqual(Object.values(EXIT).sort((a, b) => a - b));
  });

  test('names every fault of the embedded broker', () => {
    const faults = readFileSync(new URL('../../src/broker/faults.ts', import.meta.url), 'utf8');
    const names = [...faults.slice(0, faults.indexOf('NO_FAULT')).matchAll(/^ {2}readonly (\w+)\?:/gm)];
    expect(names.length).toBeGreaterThan(5);
    for (const [, name] of names) expect(text).toContain(`\`"${name}":`);
  });

  test('links to what is there', () => {
    const links = [...text.matchAll(/\]\(([^)#]+)\)/g)].map(([, link]) => link!);
    expect(links.filter((link) => !existsSync(new URL(link, file)))).toEqual([]);
  });
});
