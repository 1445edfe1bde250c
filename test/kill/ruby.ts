import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Case } from './cases.js';
import { type Outcome, quiet, type RunOptions, settle, strike } from './run.js';
import type { Stage } from './stages.js';
import { bodyOf, seeded, Tally } from './tally.js';
import { now, Timeline } from './timeline.js';

const DRIVER = fileURLToPath(new URL('ruby_driver.rb', import.meta.url));

/** How long the gem may go without a message or a receipt. */
const PATIENCE_MS = 22_000;

/** The same kill under the Ruby gem. */
export async function runRuby(item: Case, stage: Stage, options: RunOptions): Promise<Outcome> {
  const random = seeded(options.seed);
  const queue = await stage.open(item.queue);
  const brokers = stage.brokers();
  const places = brokers.map(({ port, login, passcode }) => ({ port, login, passcode }));
  const tally = new Tally(options.messages);
  const timeline = new Timeline();
  const stops: Array<() => void> = [];
  const scene = { item, stage, queue, places, random, options, tally, timeline };
  const at = Math.floor(options.messages * (0.25 + 0.25 * random()));
  const failed: Record<string, number> = {};
  let longestGapMs = 0;
  let before: number | undefined;
  let last = now();
  let published = false;
  let blow: Promise<void> | undefined;

  const wish = { ...queue, hosts: places, messages: options.messages, window: options.window };
  const startedAt = now();
  const child = spawn(
    'ruby',
    ['-W0', DRIVER, JSON.stringify({ ...wish, receipts: item.client === 'ruby, receipts' })],
    { stdio: ['pipe', 'pipe', 'ignore'] },
  );
  child.stdin.on('error', () => {});
  const ended = new Promise((resolve) => child.once('close', resolve));
  let connections = 0;

  createInterface(child.stdout).on('line', (line) => {
    const [what, time, detail = ''] = line.split(' ');
    const t = Number(time);
    const loss = timeline.losses.at(-1);
    if (what === 'C') {
      last = now();
      tally.confirmed.add(Number(detail));
      if (before !== undefined) longestGapMs = Math.max(longestGapMs, t - before);
      before = t;
      if (loss?.firstFrameAt !== undefined) loss.firstReceiptAt ??= t;
      if (tally.confirmed.count === at) blow = strike(scene, brokers[0]!, true, stops);
    } else if (what === 'S') {
      last = now();
      tally.deliver(bodyOf(Number(detail)));
    } else if (what === 'L') {
      if (connections > timeline.losses.length) {
        timeline.lost();
        timeline.losses.at(-1)!.seenAt = t;
      }
    } else if (what === 'U') {
      connections++;
      if (loss !== undefined) loss.firstFrameAt ??= t;
    } else if (what === 'X') failed[detail] = (failed[detail] ?? 0) + 1;
    else if (what === 'E') published = true;
  });

  while (child.exitCode === null && now() - last < PATIENCE_MS && !published) await sleep(50);
  await blow;
  if (published) await quiet(tally, 4_000);
  else failed['gave up'] = 1;
  const tookMs = now() - startedAt;
  child.stdin.end();
  await Promise.race([ended, sleep(3_000)]);
  child.kill('SIGKILL');
  await ended;
  for (const stop of stops) stop();
  return { ...(await settle(scene, failed, longestGapMs, timeline)), tookMs };
}
