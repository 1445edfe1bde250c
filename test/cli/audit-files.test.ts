import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { TranscriptFiles } from '../../src/cli/audit-files.js';
import { temporaryFile } from './support.js';

test('parts that follow each other within one turn leave as many files as are wanted', async () => {
  const path = temporaryFile('session.jsonl', '');
  const files = new TranscriptFiles(path, 2, () => {});
  await files.open();
  for (let part = 2; part <= 20; part++) files.next(part).write('x\n');
  await files.close();
  expect(readdirSync(dirname(path)).sort()).toEqual(['session.19.jsonl', 'session.20.jsonl']);
});
