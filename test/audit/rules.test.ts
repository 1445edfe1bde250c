import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Auditor, audit } from '../../src/audit/auditor.js';
import { BoundedMap } from '../../src/audit/rules/bounded.js';
import { RULES } from '../../src/audit/rules/index.js';
import type { Rule } from '../../src/audit/rules/rule.js';
import type { Finding, TranscriptRecord } from '../../src/audit/types.js';
import { FRAME_CASES } from './support/frame-cases.js';
import { MESSAGE_CASES } from './support/message-cases.js';
import { SESSION_CASES } from './support/session-cases.js';
import { HELLO, session, talk, times } from './support/talk.js';

const CASES = [...FRAME_CASES, ...SESSION_CASES, ...MESSAGE_CASES];

const brief = ({ rule, fault, message }: Finding) => ({ rule, fault, message });

function marked({ excerpt }: Finding): string | undefined {
  return excerpt?.mark && excerpt.bytes.toString('latin1', ...excerpt.mark);
}

describe('the table', () => {
  test('has at least 60 rules, each with an id of its own', () => {
    expect(RULES.length).toBeGreaterThanOrEqual(60);
    expect(new Set(RULES.map(({ id }) => id)).size).toBe(RULES.length);
  });

  test('has a case for each rule, and none for others', () => {
    expect(CASES.map(({ rule }) => rule).sort()).toEqual(RULES.map(({ id }) => id).sort());
  });

  test('cites points that docs/protocol.md has', () => {
    const text = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');
    const points = new Set([...text.matchAll(/^## (P\d+) /gm)].map((m) => m[1]));
    expect(RULES.filter(({ point }) => !points.has(point))).toEqual([]);
  });

  test('says in one sentence what to do', () => {
    for (const { id, advice } of RULES) expect(advice, id).toMatch(/^[A-Z].*\.$/);
  });

  test('is told whole in docs/audit.md', () => {
    const text = readFileSync(new URL('../../docs/audit.md', import.meta.url), 'utf8');
    expect(RULES.filter(({ id }) => !text.includes(`| \`${id}\` |`)).map(({ id }) => id)).toEqual([]);
  });
});

describe.each(CASES)('$rule', ({ rule, fault, breaks, clean, shows, endpoint }) => {
  test('finds what breaks it, and that alone', () => {
    const { findings } = audit(talk(breaks, endpoint));
    expect(findings.map(brief)).toEqual([{ rule, fault, message: expect.any(String) }]);
    if (shows !== undefined) expect(marked(findings[0]!)).toBe(shows);
  });

  test('finds nothing where nothing breaks it', () => {
    expect(audit(talk(clean, endpoint)).findings.map(brief)).toEqual([]);
  });
});

describe('the auditor', () => {
  test('says where a finding is', () => {
    const records = talk(session('> SEND\ndestination:/queue/a\nk:1\nk:2\n\n\0'));
    const [finding] = audit(records).findings;
    expect(finding).toMatchObject({
      rule: 'repeated-header',
      point: 'P8',
      severity: 'deviation',
      connection: 1,
      record: 3,
      direction: 'to-broker',
      offset: HELLO[0]!.length - 2 + 'SEND\ndestination:/queue/a\nk:1\n'.length,
    });
    expect(finding!.excerpt!.bytes.toString()).toBe('SEND\ndestination:/queue/a\nk:1\nk:2\n\n\0');
  });

  test('says the same however the bytes are cut', () => {
    for (const { breaks, rule, endpoint } of CASES) {
      // What a wrong length counted can be told only from bytes that are there when it shows.
      if (rule === 'frames-in-pieces' || rule === 'content-length-in-characters') continue;
      const cut = talk(breaks, endpoint).flatMap((record): TranscriptRecord[] =>
        record.kind !== 'bytes'
          ? [record]
          : Array.from(record.bytes, (_, i) => ({
              ...record,
              offset: record.offset + i,
              bytes: record.bytes.subarray(i, i + 1),
            })),
      );
      const found = audit(cut, { rules: RULES.filter(({ id }) => id !== 'frames-in-pieces') }).findings;
      expect(
        found.map((finding) => finding.rule),
        rule,
      ).toEqual([rule]);
    }
  });

  test('blames whoever sent the bytes', () => {
    const bytes = 'SEND\ndestination:/queue/a\nk:1\nk:2\n\n\0';
    const broker = audit(talk([...HELLO, `< ${bytes.replace('SEND', 'ERROR\nmessage:no')}`, 'close broker']));
    expect(broker.findings.map(brief)).toMatchObject([{ rule: 'repeated-header', fault: 'broker' }]);
  });

  test('a rule that throws becomes a finding', () => {
    const rule: Rule = {
      ...RULES[0]!,
      id: 'broken-rule',
      on: 'frame',
      check: () => {
        throw new Error('oops');
      },
    };
    const { findings } = audit(talk(HELLO), { rules: [rule] });
    expect(findings.map(({ rule, message }) => [rule, message])).toEqual([
      ['internal', 'the rule broken-rule failed: oops'],
      ['internal', 'the rule broken-rule failed: oops'],
    ]);
  });

  test('keeps no more findings than it is told to, and counts the others', () => {
    const seen: string[] = [];
    const auditor = new Auditor({
      maxFindings: 1,
      onFinding: ({ rule }) => {
        seen.push(rule);
        throw new Error('a listener may throw');
      },
    });
    for (const record of talk(session('> SEND\n\n\0', '> SEND\n\n\0'))) auditor.record(record);
    auditor.end();
    expect(auditor.findings).toHaveLength(1);
    expect(auditor.summary).toMatchObject({
      connections: 1,
      frames: 6,
      findings: { violation: 2, deviation: 0, dialect: 0, advice: 0 },
      byRule: { 'send-without-destination': 2 },
      dropped: 1,
    });
    expect(seen).toHaveLength(2);
  });

  test('says nothing of what is missing where bytes were lost', () => {
    const records = talk(
      session('> SEND\ndestination:/queue/a\nreceipt:1\n\n\0', '< RECEIPT\nreceipt-id:1\n\n\0'),
    );
    expect(audit(records.filter((_, index) => index !== 4)).findings).toEqual([]);
  });

  test('survives records that nobody should make', () => {
    const [open, bytes] = talk(HELLO);
    const odd = { ...bytes!, bytes: undefined } as unknown as TranscriptRecord;
    expect(audit([open!, odd, ...talk(session()).slice(1)]).findings.map(({ rule }) => rule)).toEqual([
      'internal',
    ]);
  });

  test('remembers no more than it has room for, and then does not guess', () => {
    const map = new BoundedMap<number, number>(20);
    for (let i = 0; i < 1_000; i++) map.set(i, i);
    expect({ size: map.size <= 20, forgot: map.forgot, last: map.get(999) }).toEqual({
      size: true,
      forgot: true,
      last: 999,
    });
    const lines = times(10_500, (n) => `< MESSAGE\ndestination:/q\nsubscription:1\nmessage-id:${n}\n\n\0`);
    const subscribe = '> SUBSCRIBE\nid:1\ndestination:/q\nack:client\n\n\0';
    const ack = '> ACK\nmessage-id:1\n\n\0';
    expect(audit(talk(session(subscribe, ...lines, '> ACK\nmessage-id:10500\n\n\0', ack))).findings).toEqual(
      [],
    );
  });

  test('reads a conversation from its middle', () => {
    const records = talk(session('> SEND\ndestination:/queue/a\n\n\0'));
    expect(audit(records.slice(3)).findings).toEqual([]);
  });
});
