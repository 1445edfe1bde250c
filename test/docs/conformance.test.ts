import { describe, expect, test } from 'vitest';
import { brokerCases } from '../../src/audit/conformance/index.js';
import { clientCases } from '../../src/audit/peer/index.js';
import { cellsOf, Table } from '../support/markdown-table.js';
import { readText } from './markdown.js';

const text = readText('docs/conformance.md');
const brokers = new Table('conformance.md', 'brokers', ['case', 'point', 'what']);
const clients = new Table('conformance.md', 'clients', ['case', 'point', 'what']);
const OTHERS = ['ActiveMQ', 'RabbitMQ', 'Stompserver'];

/** The lines of the table under this heading, its head left out. */
function rowsUnder(heading: string): string[][] {
  const [, section = ''] = text.split(`\n### ${heading}\n`);
  const lines = section
    .split(/\n##+ /)[0]!
    .split('\n')
    .filter((line) => line.startsWith('|'));
  return lines.slice(2).map(cellsOf);
}

/** What stands in these columns for a case. */
function cells(table: Table, columns: readonly string[], id: string): (string | undefined)[] {
  return columns.map((column) => table.columnOf(column)?.get(id));
}

describe('docs/conformance.md', () => {
  test('has a result of every case in every column', () => {
    const all = [
      [brokers, brokerCases, [...OTHERS, 'embedded']],
      [
        clients,
        clientCases,
        [
          ...['stompwire', 'ruby-stomp', 'stomp.py', 'Net::Stomp', 'PHP-stomp'],
          ...['stompit', '@stomp/stompjs', 'stomp-client'],
        ],
      ],
    ] as const;
    const missing = all.flatMap(([table, cases, columns]) =>
      cases.flatMap(({ id }) => (cells(table, columns, id).every(Boolean) ? [] : [id])),
    );
    expect(missing).toEqual([]);
  });

  describe('row by row', () => {
    const rows = rowsUnder('What brokers do, row by row');

    test('says of each broker what was measured', () => {
      const stated = rows.map(([, id, ...found]) => [id, ...found]);
      const measured = rows.map(([, id]) => [id, ...cells(brokers, OTHERS, id!)]);
      expect(stated).toEqual(measured);
    });

    test('names each case once', () => {
      const ids = rows.map(([, id]) => id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids.filter((id) => !brokerCases.some((one) => one.id === id))).toEqual([]);
    });

    test('leaves out no case in which two brokers differ', () => {
      const differing = brokerCases.filter(({ id }) => new Set(cells(brokers, OTHERS, id)).size > 1);
      expect(differing.length).toBeGreaterThan(50);
      const listed = new Set(rows.map(([, id]) => id));
      expect(differing.filter(({ id }) => !listed.has(id)).map(({ id }) => id)).toEqual([]);
    });
  });

  describe('of ours', () => {
    const reasons = new Map(
      rowsUnder('What ours do, and why').map(([id, what, why]) => [id!, { what, why }]),
    );
    const [client, broker] = [clients.columnOf('stompwire')!, brokers.columnOf('embedded')!];

    test('says why wherever our client does what the specification leaves open', () => {
      const open = [...client].filter(([, cell]) => cell !== 'pass');
      expect(open.map(([id]) => [id, reasons.get(id)?.what])).toEqual(open);
    });

    test('says why wherever our broker does what no other does, or does not do a thing', () => {
      const own = [...broker].filter(
        ([id, cell]) =>
          /^(FAIL|not supported)/.test(cell) ||
          (cell !== 'pass' && !cells(brokers, OTHERS, id).includes(cell)),
      );
      expect(own.length).toBeGreaterThan(5);
      expect(own.map(([id]) => [id, reasons.get(id)?.what])).toEqual(own);
    });

    test('says nothing that is not so', () => {
      const wrong = [...reasons].filter(([id, { what, why }]) => {
        const found = [client.get(id), broker.get(id)];
        return why === '' || !found.includes(what!);
      });
      expect(wrong).toEqual([]);
    });

    test('has nothing that fails', () => {
      const all = [...client, ...broker].filter(([, cell]) => cell.startsWith('FAIL'));
      expect(all).toEqual([]);
    });
  });
});
