import { afterAll, describe, expect, test } from 'vitest';
import { type ClientErrand, clientCases, runClientSuite } from '../../../src/audit/peer/index.js';
import { runOurClient } from '../../support/audit-client.js';
import { AUDITED_CLIENTS, spawned, versionOf } from '../../support/audit-foreign-clients.js';
import { cell, isWriting, Table } from '../../support/markdown-table.js';
import { describeWith } from '../rig/index.js';

const table = new Table('conformance.md', 'clients', ['case', 'point', 'what']);
const ORDER = ['stompwire', ...AUDITED_CLIENTS.map(({ name }) => name)];
/** What depends on who is quicker. */
const VARIES: Readonly<Record<string, readonly string[]>> = {
  // Both look at each segment on its own.
  stompit: ['read.cut-in-utf8'],
  'stomp-client': ['read.cut-in-utf8'],
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

describe('the cases for clients with our own client', () => {
  test('come out as they stand in docs/conformance.md', LONG, () =>
    holds('stompwire', '', (errand) => runOurClient(errand)),
  );
});

for (const client of AUDITED_CLIENTS) {
  describeWith(client.needed, `the cases for clients with ${client.name}`, () => {
    test('come out as they stand in docs/conformance.md', LONG, () =>
      holds(client.name, versionOf(client), spawned(client)),
    );
  });
}

afterAll(() => {
  if (!isWriting) return;
  const rows = clientCases.map(({ id, point, section, title }) => [id, point, `${section}: ${title}`]);
  table.write(rows, ORDER);
});
