import { describe, expect, test } from 'vitest';
import { everyCut, type Outcome, outcome, readFrames, toBuffer } from '../support/frames.js';
import { VECTORS } from './vectors/index.js';
import type { Vector } from './vectors/vector.js';

/** Above this size, every pair of offsets is too many. */
const PAIRS_UP_TO = 64;

function expected(vector: Vector): Outcome {
  const wire = toBuffer(vector.wire);
  const frames = (vector.frames ?? []).map(
    ({ command, headers = [], body = '', offset = 0, byteLength }) => ({
      command,
      headers: headers.map(([name, value]) => [name, value] as const),
      body: toBuffer(body).toString('latin1'),
      offset,
      byteLength: byteLength ?? wire.lastIndexOf(0) + 1 - offset,
    }),
  );
  const { code, offset } = vector;
  return { frames, fault: code === undefined ? undefined : { code, offset } };
}

function runVector(vector: Vector): void {
  const wire = toBuffer(vector.wire);
  const wanted = expected(vector);
  const wantedText = JSON.stringify(wanted);
  for (const cuts of everyCut(wire.length, PAIRS_UP_TO)) {
    for (const bodyViews of cuts.length === 1 ? [false, true] : [false]) {
      const got = outcome(wire, cuts, { ...vector.options, bodyViews });
      if (JSON.stringify(got) === wantedText) continue;
      const how = cuts.length > 2 ? 'byte by byte' : `cut at [${cuts}]`;
      expect(got, `${how}${bodyViews ? ', bodies as views' : ''}`).toEqual(wanted);
    }
  }
  if (vector.code === undefined) checkHeaders(vector, wire);
}

/** What the headers give for single names, and the bytes they keep. */
function checkHeaders(vector: Vector, wire: Buffer): void {
  const frames = readFrames([wire], vector.options);
  vector.frames?.forEach((row, i) => {
    const { headers } = frames[i]!;
    for (const [name, value] of row.get ?? []) {
      expect(headers.get(name), `get(${JSON.stringify(name)})`).toBe(value);
      expect(headers.has(name), `has(${JSON.stringify(name)})`).toBe(value !== undefined);
    }
    if (row.raw !== undefined) expect(headers.raw).toEqual(toBuffer(row.raw));
  });
}

describe.each(VECTORS)('%s, however the bytes are cut', (_group, rows) => {
  for (const row of rows) {
    test(`${row.point} ${row.name}`, () => runVector(row));
  }
});

test('the names of the vectors are unique', () => {
  const names = VECTORS.flatMap(([, rows]) => rows.map((row) => row.name));
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
});

test('a row is good or names its code and its offset', () => {
  for (const row of VECTORS.flatMap(([, rows]) => rows)) {
    expect(row.offset === undefined, row.name).toBe(row.code === undefined);
  }
});
