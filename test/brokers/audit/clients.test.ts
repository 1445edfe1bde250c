import { afterAll, describe, expect, test } from 'vitest';
import { type ClientErrand, clientCases, runClientSuite } from '../../../src/audit/peer/index.js';
import { runOurClient } from '../../support/audit-client.js';
import { hasNpmClient, npmVersion, spawned } from '../../support/audit-foreign-clients.js';
import { describeWith, type Needed } from '../rig/index.js';
import { cell, isWriting, Table } from './table.js';

const table = new Table('clients');
const ORDER = ['stompwire', 'ruby-stomp', 'stomp.py', 'Net::Stomp', 'PHP-stomp', 'stompit', '@stomp/stompjs'];
/** What depends on who is quicker. */
const VARIES: Readonly<Record<string, readonly string[]>> = {
  stompit: ['read.cut-in-utf8'], // it looks at each segment on its own
};

async function holds(
  name: string,
  version: string,
  drive: (errand: ClientErrand) => Promise<void>,
): Promise<void> {
  const { results } = await runClientSuite({ drive, parallel: 3, timeoutMs: 3_000, quietMs: 250 });
  if (isWriting) {
    table.replace(`${name} ${version}`.trim(), results);
    return;
  }
  const known = table.columnOf(name);
  const differs = results.flatMap((result) => {
    const text = cell(result);
    const isSame = known?.get(result.id) === text || VARIES[name]?.includes(result.id);
    return isSame
      ? []
      : [{ id: result.id, known: known?.get(result.id), now: text, received: result.received }];
  });
  expect(differs).toEqual([]);
}

const LONG = { timeout: 600_000 };

function foreign(name: string, version: string, needed: Needed, command: string, script: string): void {
  describeWith(needed, `the cases for clients with ${name}`, () => {
    test('come out as they stand in docs/conformance.md', LONG, () =>
      holds(name, version, spawned(command, script)),
    );
  });
}

describe('the cases for clients with our own client', () => {
  test('come out as they stand in docs/conformance.md', LONG, () => holds('stompwire', '', runOurClient));
});

foreign('ruby-stomp', '1.4.10', 'ruby-stomp', 'ruby', 'ruby-stomp.rb');
foreign('stomp.py', '8.0.0', 'python3-stomp', '/usr/bin/python3', 'stomp-py.py');
foreign('Net::Stomp', '0.61', 'perl-net-stomp', 'perl', 'net-stomp.pl');
foreign('PHP-stomp', '2.0.3', 'php-stomp', 'php', 'php-stomp.php');

for (const [name, script] of [
  ['stompit', 'stompit.mjs'],
  ['@stomp/stompjs', 'stompjs.mjs'],
] as const) {
  describe.skipIf(!hasNpmClient(name))(`the cases for clients with ${name}`, () => {
    test('come out as they stand in docs/conformance.md', LONG, () =>
      holds(name, npmVersion(name), spawned(process.execPath, script)),
    );
  });
}

afterAll(() => {
  if (isWriting) table.write(clientCases, ORDER);
});
