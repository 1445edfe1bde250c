import { readFileSync } from 'node:fs';
import { parseConfig } from '../../connector/config.js';
import { ConfigError } from '../../errors.js';
import { type Command, EXIT, flag, type Invocation, text, UsageError } from '../command.js';
import { describeSettings, type HostRow, type Origin, type SettingRow } from '../settings-table.js';
import { readText } from '../target.js';
import { printable, type Terminal } from '../terminal.js';

const HELP = `usage: stompwire check-config FILE [--json]

Says what a client.cfg of MCollective comes to, without connecting: the brokers
in the order in which they are dialled, every option with its value and where
that is from (a line of the file, a variable, the default), and warnings.

The variables STOMP_SERVER and STOMP_PORT (where there is no pool), STOMP_USER
and STOMP_PASSWORD win over the file, as for the connector. A password is never
shown. Run without variables to see the file alone: env -i "$(which node)" ...

  --config FILE   the same as FILE
  --no-env        leave the variables aside
  --json          one object: {"ok", "hosts", "options", "warnings"}

Exit codes: 0 all is well, 1 there are warnings, 2 it cannot be used (the error
names the line), 64 wrong command line.`;

export const checkConfig: Command = {
  name: 'check-config',
  summary: 'what a client.cfg comes to, option by option, with warnings',
  help: HELP,
  options: {
    config: { type: 'string' },
    'no-env': { type: 'boolean' },
    json: { type: 'boolean' },
  },
  args: { min: 0, max: 1 },
  run: async ({ values, args }, { terminal, env }) => {
    const path = pathOf(values, args);
    const variables = flag(values, 'no-env') ? {} : env;
    const json = flag(values, 'json');
    const config = readText('cannot read', path);
    try {
      const settings = parseConfig(config, { env: variables, readFile: readFileSync });
      const { hosts, rows } = describeSettings(settings, config, variables);
      const { warnings } = settings;
      if (json) terminal.json({ ok: warnings.length === 0, hosts, options: rows, warnings });
      else {
        printHosts(terminal, path, hosts);
        printRows(terminal, rows);
        printWarnings(terminal, warnings);
      }
      return warnings.length === 0 ? EXIT.ok : EXIT.findings;
    } catch (error) {
      if (!json || !(error instanceof ConfigError)) throw error;
      const { code, option, line, expected, received, message } = error;
      terminal.json({ ok: false, error: { code, option, line, expected, received, message } });
      return EXIT.failed;
    }
  },
};

function pathOf(values: Invocation['values'], [argument]: readonly string[]): string {
  const option = text(values, 'config');
  if (argument !== undefined && option !== undefined) throw new UsageError('FILE is given twice');
  const path = argument ?? option;
  if (path === undefined) throw new UsageError('FILE is missing');
  return path;
}

function printHosts(terminal: Terminal, path: string, hosts: readonly HostRow[]): void {
  const what = hosts.length === 1 ? 'one broker' : `${hosts.length} brokers, dialled in this order`;
  terminal.line(`${terminal.paint('bold', printable(path))}: ${what}\n`);
  for (const [i, { endpoint, login, passcode }] of hosts.entries()) {
    const password = passcode ? 'with a password' : 'without a password';
    const user = login === null ? 'without a login' : `as ${login}, ${password}`;
    terminal.line(`  ${i + 1}  ${printable(endpoint)}  ${printable(user)}`);
  }
  terminal.line();
}

function printRows(terminal: Terminal, rows: readonly SettingRow[]): void {
  const cells = rows.map(({ key, value, unit, from }) => {
    const shown = printable(unit === undefined ? String(value) : `${value} ${unit}`);
    return [key, shown, originText(from)] as const;
  });
  const width = (column: 0 | 1) => Math.max(...cells.map((row) => row[column].length));
  const [first, second] = [width(0), Math.min(width(1), 32)];
  for (const [key, value, from] of cells) {
    terminal.line(`  ${key.padEnd(first)}  ${value.padEnd(second)}  ${from}`);
  }
}

function originText({ source, line, variable }: Origin): string {
  return source === 'file' ? `line ${line}` : (variable ?? source);
}

function printWarnings(
  terminal: Terminal,
  warnings: ReadonlyArray<{ line: number | undefined; key: string; message: string }>,
): void {
  terminal.line();
  if (warnings.length === 0) {
    terminal.line(terminal.paint('green', 'No warnings.'));
    return;
  }
  for (const { line, key, message } of warnings) {
    const where = line === undefined ? '' : `line ${line}: `;
    terminal.line(`${terminal.paint('yellow', 'warning:')} ${where}${printable(`${key} ${message}`)}`);
  }
}
