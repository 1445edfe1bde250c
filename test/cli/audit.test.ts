import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { audit } from '../../src/cli/audit.js';
import { runToEnd } from './support.js';

const docs = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');
const all = [audit, ...audit.subcommands!];

describe('the command line', () => {
  test.each(all)('$name: a help of 24 lines of 80 columns, which docs/cli.md has too', async (command) => {
    const argv = command.name.split(' ');
    const { code, stdout } = await runToEnd([...argv, '--help']);
    expect([code, stdout]).toEqual([0, `${command.help}\n`]);
    expect((await runToEnd(['help', ...argv])).stdout).toBe(stdout);
    const lines = command.help.split('\n');
    expect(lines.length).toBeLessThanOrEqual(24);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(docs).toContain(`# ${command.name}\n\n\`\`\`text\n${command.help}\n\`\`\``);
    for (const option of Object.keys(command.options)) expect(command.help).toContain(`--${option}`);
  });

  test.each([
    [[], 'which of proxy, read, broker and client?; see stompwire audit --help'],
    [['reed'], 'unknown command "audit reed" (did you mean read?); see stompwire audit --help'],
    [['proxy', '--listn', '1'], 'unknown option --listn (did you mean --listen?)'],
    [['proxy'], '--listen [HOST:]PORT is missing'],
    [['proxy', '--listen', '0'], '--to HOST:PORT is missing'],
    [
      ['proxy', '--listen', 'here', '--to', '1'],
      '--listen: expected [HOST:]PORT with a port from 0 to 65535',
    ],
    [['proxy', '--listen', '0', '--to', '0'], '--to: expected HOST:PORT with a port from 1 to 65535'],
    [['proxy', '--listen', '0', '--to', '::1:5'], '--to: expected HOST:PORT'],
    [['proxy', '--listen', '0', '--to', '1', '--ca', 'f'], '--ca needs --tls-to'],
    [['proxy', '--listen', '0', '--to', '1', '--tls-listen', 'f'], '--tls-listen: expected CERT,KEY'],
    [['proxy', '--listen', '0', '--to', '1', '--max-bytes', '9000'], '--max-bytes needs --transcript'],
    [['read'], 'an argument is missing'],
    [
      ['read', 'f', '--severity', 'bad'],
      '--severity: expected violation, deviation, dialect, advice, received "bad"',
    ],
    [['read', 'f', '--fail-on', 'bad'], '--fail-on: expected violation, deviation, dialect, advice, never'],
    [['read', 'f', '--connection', '1,b'], '--connection: expected numbers from 1, received "b"'],
    [['broker'], 'URL is missing'],
    [['broker', 'failover:(stomp://a,stomp://b)'], 'one broker at a time'],
    [['broker', 'stomp://a', '--case', 'conn'], '--case: there is no case "conn"'],
    [['client'], '--listen [HOST:]PORT is missing'],
    [['client', '--listen', '9', '--second', '9'], '--second: another port'],
    [['client', '--listen', '9', '--timeout', '0'], '--timeout: expected a whole number from 1'],
  ])('%j is refused: %s', async (argv, message) => {
    const { code, stdout, stderr } = await runToEnd(['audit', ...argv]);
    expect(stderr).toContain(`stompwire: ${message}`);
    expect([code, stdout, stderr.trimEnd().split('\n').length]).toEqual([64, '', 1]);
  });

  test.each(['broker', 'client'])('%s --list has the cases, by section', async (suite) => {
    const { code, stdout } = await runToEnd(['audit', suite, '--list']);
    expect(stdout).toMatch(/^CONNECT\n {2}connect\.\w+ +P\d+ +\w/);
    const json = (await runToEnd(['audit', suite, '--list', '--json'])).stdout.trimEnd().split('\n');
    expect(JSON.parse(json[0]!)).toMatchObject({ section: 'CONNECT', point: expect.any(String) });
    const ids = json.map((line) => JSON.parse(line).id);
    expect(ids.filter((id) => !stdout.includes(`  ${id} `))).toEqual([]);
    expect(code).toBe(0);
  });
});

test('package.json has an entry for the library', () => {
  const root = new URL('../../', import.meta.url);
  const { exports } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  expect(exports['./audit']).toEqual({
    types: './dist/audit/index.d.ts',
    default: './dist/audit/index.js',
  });
  expect(existsSync(new URL('src/audit/index.ts', root))).toBe(true);
});
