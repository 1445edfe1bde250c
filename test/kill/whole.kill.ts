import { appendFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { availability, describeWith } from '../brokers/rig/index.js';
import { CASES, type Case } from './cases.js';
import { probesWork } from './probes.js';
import { runRuby } from './ruby.js';
import { type Outcome, type RunOptions, runCase } from './run.js';
import { STAGE_KINDS, type Stage, type StageName, startStage } from './stages.js';

/** What scripts/kill.mjs asks for. */
interface Wish {
  readonly runs: number;
  readonly messages: number;
  readonly window: number;
  readonly seed: number;
  /** Names or beginnings of names; empty for all. */
  readonly cases: readonly string[];
  /** Where the outcomes go, one JSON object a line. */
  readonly file: string;
}

const wish = JSON.parse(process.env['STOMPWIRE_KILL'] ?? '{}') as Wish;
const wanted = CASES.filter(
  ({ name }) => wish.cases.length === 0 || wish.cases.some((part) => name.startsWith(part)),
);

function judge(item: Case, outcome: Outcome): void {
  if (item.expect === 'some-lost') expect(outcome.lost, 'a control that loses nothing').toBeGreaterThan(0);
  if (item.expect !== 'none-lost') return;
  expect(outcome.lost, 'confirmed and lost').toBe(0);
  expect(outcome.failed).toEqual({});
  expect(outcome.strays).toBe(0);
}

async function runs(item: Case, stage: Stage): Promise<void> {
  const messages = Math.round(wish.messages * (item.share ?? 1));
  const outcomes: Outcome[] = [];
  for (let run = 1; run <= wish.runs; run++) {
    const options: RunOptions = { messages, window: wish.window, seed: wish.seed + run };
    const outcome =
      item.client === 'stompwire' ? await runCase(item, stage, options) : await runRuby(item, stage, options);
    outcomes.push(outcome);
    const date = new Date().toISOString().slice(0, 10);
    appendFileSync(wish.file, `${JSON.stringify({ run, date, ...outcome })}\n`);
    const { confirmed, lost, unconfirmedLost, duplicates, longestGapMs, failed, tookMs } = outcome;
    console.log(
      `${item.name} ${run}/${wish.runs}: ${confirmed} confirmed, ${lost} of them lost, ${unconfirmedLost} others lost, ` +
        `${duplicates} twice, gap ${Math.round(longestGapMs)} ms, ${Math.round(tookMs)} ms in all, ` +
        `failed ${JSON.stringify(failed)}, ${outcome.losses} losses ${JSON.stringify(outcome.parts.slice(0, 3), round)}`,
    );
  }
  for (const outcome of outcomes) judge(item, outcome);
}

function round(_: string, value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value * 10) / 10 : value;
}

for (const name of new Set(wanted.map(({ stage }) => stage))) killOn(name);

function killOn(name: StageName): void {
  const items = wanted.filter(({ stage }) => stage === name);
  describeWith(STAGE_KINDS[name], `kills on ${name}`, () => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await startStage(name);
    });
    afterAll(() => stage?.stop());
    for (const item of items) {
      test(item.name, async ({ skip }) => {
        const why = await missing(item);
        if (why !== undefined) {
          console.log(`${item.name}: skipped, ${why}`);
          appendFileSync(wish.file, `${JSON.stringify({ case: item.name, skipped: why })}\n`);
          skip(why);
        }
        await runs(item, stage);
      });
    }
  });
}

async function missing(item: Case): Promise<string | undefined> {
  if (item.client !== 'stompwire') {
    const gem = availability('ruby-stomp');
    if (!gem.available) return gem.reason;
  }
  if (item.needsProbes && !(await probesWork())) return 'a hung broker is not noticed (no probes)';
  return undefined;
}

if (wanted.length === 0) {
  describe('kills', () => {
    test('has a case of that name', () => {
      throw new Error(`no case begins with ${wish.cases.join(' or ')}`);
    });
  });
}
