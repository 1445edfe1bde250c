import { hurriedBy, systemClock } from '../conformance/clock.js';
import { Ending } from '../conformance/ending.js';
import { checkPositive, countVerdicts, selectCases } from '../conformance/suite.js';
import { fail, type Judgement } from '../conformance/verdict.js';
import { clientCases } from './cases/index.js';
import { type PeerSetting, PeerStage } from './stage.js';
import type {
  ClientCase,
  ClientCaseResult,
  ClientErrand,
  ClientReport,
  ClientSuiteOptions,
} from './types.js';

/** How long a driver may take to end once its case is over. */
const DRIVER_MS = 5_000;

function resolve(options: ClientSuiteOptions, ending: Ending): PeerSetting {
  const { clock = systemClock } = options;
  return {
    clock: hurriedBy(ending, clock),
    ending,
    connectMs: checkPositive('connectMs', options.connectMs ?? 15_000),
    timeoutMs: checkPositive('timeoutMs', options.timeoutMs ?? 1_500),
    quietMs: checkPositive('quietMs', options.quietMs ?? 150),
    patienceMs: checkPositive('patienceMs', options.patienceMs ?? 4_000),
  };
}

async function judged(stage: PeerStage, one: ClientCase): Promise<Judgement> {
  try {
    const trouble = await stage.play(one.steps);
    return trouble === undefined ? one.judge(stage.seen) : fail(trouble);
  } catch (error) {
    return fail(`the case broke off: ${(error as Error).message}`);
  }
}

async function runCase(
  one: ClientCase,
  options: ClientSuiteOptions,
  setting: PeerSetting,
): Promise<ClientCaseResult> {
  const { host = '127.0.0.1', port = 0, secondPort = 0, tls, drive } = options;
  const stage = new PeerStage(setting);
  const over = new AbortController();
  const ports = await stage.open({ host, port }, { host, port: secondPort }, tls);
  const { id, point, section, title, expected } = one;
  const errand: ClientErrand = { id, title, host, port: ports[0], secondPort: ports[1], signal: over.signal };
  const started = setting.clock.now();
  options.onCase?.(errand);
  // What the driver throws is the client's way to fail: the case sees it by what comes, or does not.
  const driven = Promise.resolve(drive?.(errand)).catch(() => undefined);
  const judgement = await judged(stage, one);
  const { seen } = stage;
  const result: ClientCaseResult = {
    ...{ id, point, section, title, expected, ...judgement },
    received: seen.received(),
    transcript: stage.transcript(),
    durationMs: setting.clock.now() - started,
  };
  over.abort();
  await stage.close();
  let disarm = (): void => undefined;
  const late = new Promise<void>((done) => {
    disarm = setting.clock.schedule(DRIVER_MS, done);
  });
  await Promise.race([driven, late]);
  disarm();
  return result;
}

/**
 * Plays a broker and leads a client through cases: each has its own connection, on two ports that the errand tells.
 * The client is moved by `drive`, or by whoever starts it. Rejects with ConfigError for options that cannot be meant,
 * and with Node's error when a port cannot be had.
 */
export async function runClientSuite(options: ClientSuiteOptions = {}): Promise<ClientReport> {
  const lanes = checkPositive('parallel', options.parallel ?? 1, true);
  const cases = selectCases(clientCases, options.cases);
  const left = [...cases];
  const results: ClientCaseResult[] = [];
  const lane = async (setting: PeerSetting): Promise<void> => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) {
      if (options.signal?.aborted) return;
      const result = await runCase(one, options, setting);
      // Called off in the middle: it says nothing about the client.
      if (options.signal?.aborted) return;
      results.push(result);
      options.onResult?.(result);
    }
  };
  await Ending.during(options.signal, async (ending) => {
    const setting = resolve(options, ending);
    await Promise.all(Array.from({ length: Math.min(lanes, cases.length) }, () => lane(setting)));
  });
  const order = new Map(cases.map(({ id }, index) => [id, index]));
  results.sort((one, other) => order.get(one.id)! - order.get(other.id)!);
  return { results, counts: countVerdicts(results) };
}
