import { afterAll, beforeAll, expect, test } from 'vitest';
import { CASES } from '../../kill/cases.js';
import { runCase } from '../../kill/run.js';
import { STAGE_KINDS, type Stage, type StageName, startStage } from '../../kill/stages.js';
import { describeWith } from '../rig/index.js';

/** The short form of `npm run kill`: one kill -9 of each kind of broker and queue. */
const MESSAGES: Readonly<Partial<Record<StageName, number>>> = { 'stompserver-file': 600 };
const WINDOW = 256;
const SHORT: Readonly<Record<string, readonly string[]>> = {
  activemq: ['activemq-kill', 'control-transient'],
  rabbitmq: ['mirrored-kill', 'quorum-kill'],
  'stompserver-file': ['file-kill'],
};

for (const [name, cases] of Object.entries(SHORT)) {
  const stageName = name as StageName;
  describeWith(STAGE_KINDS[stageName], `kill -9 under load: ${name}`, () => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await startStage(stageName);
    });
    afterAll(() => stage?.stop());

    for (const item of CASES.filter((each) => cases.includes(each.name))) {
      const messages = MESSAGES[stageName] ?? 2_000;
      if (item.expect === 'some-lost') {
        test(`${item.name}: what is broken on purpose is found`, async () => {
          const { lost } = await runCase(item, stage, { messages, window: WINDOW, seed: 1 });
          expect(lost).toBeGreaterThan(0);
        });
      } else {
        test(`${item.name}: all is confirmed, and nothing confirmed is lost`, async () => {
          const outcome = await runCase(item, stage, { messages, window: WINDOW, seed: 1 });
          expect(outcome).toMatchObject({ confirmed: messages, lost: 0, failed: {}, strays: 0 });
          expect(outcome.losses).toBeGreaterThan(0);
        });
      }
    }
  });
}
