import { ConfigError, SessionError, TransportError } from '../../errors.js';
import { dial } from '../socket.js';
import { brokerCases } from './cases/index.js';
import { hurriedBy, systemClock } from './clock.js';
import { Conversation } from './conversation.js';
import { Ending } from './ending.js';
import { connectFrame, fillSecrets, Names, randomName } from './names.js';
import { type Setting, Stage } from './stage.js';
import { drain } from './tidy.js';
import type {
  BrokerCase,
  BrokerCaseResult,
  BrokerReport,
  BrokerSuiteOptions,
  BrokerTarget,
} from './types.js';
import { fail, type Judgement, type Verdict } from './verdict.js';
import { headerOf } from './wire.js';

/** The cases that these names mean: an id, or the beginning of ids up to a dot. All where none are named. */
export function selectCases<T extends { readonly id: string }>(
  all: readonly T[],
  wanted: readonly string[] | undefined,
): readonly T[] {
  if (wanted === undefined) return all;
  const matches = (name: string, id: string): boolean =>
    id === name || (name.endsWith('.') && id.startsWith(name));
  const unknown = wanted.find((name) => !all.some(({ id }) => matches(name, id)));
  if (unknown !== undefined) {
    throw new ConfigError('STOMP_CONFIG_INVALID', {
      option: 'cases',
      expected: 'the id of a case, or the beginning of ids with a dot at its end',
      received: unknown,
    });
  }
  return all.filter(({ id }) => wanted.some((name) => matches(name, id)));
}

/** Throws ConfigError for a number that cannot be meant. */
export function checkPositive(option: string, value: number, whole = false): number {
  if (value > 0 && value < 2 ** 31 && (!whole || Number.isInteger(value))) return value;
  const expected = whole ? 'a whole number above 0' : 'milliseconds above 0';
  throw new ConfigError('STOMP_CONFIG_INVALID', { option, expected, received: String(value) });
}

export function countVerdicts(results: readonly Judgement[]): Record<Verdict, number> {
  const counts: Record<Verdict, number> = { pass: 0, fail: 0, dialect: 0, 'not-supported': 0 };
  for (const { verdict } of results) counts[verdict]++;
  return counts;
}

/** One CONNECT before all cases, so that a broker that is not there is an error and not a hundred failures. */
async function greet(setting: Setting): Promise<string | undefined> {
  const { target, ending, timeoutMs } = setting;
  if (ending.isSaid) return undefined;
  const { host = '127.0.0.1', port, tls } = target;
  const endpoint = `${tls === undefined ? 'stomp' : 'stomp+ssl'}://${host}:${port}`;
  const dialed = ending.cutting((signal) => dial({ host, port }, { tls, signal }));
  const socket = await dialed.catch((cause: unknown) => {
    if (ending.isSaid) return undefined;
    throw new TransportError('STOMP_CONNECT_FAILED', endpoint, 'the broker cannot be reached', { cause });
  });
  if (socket === undefined) return undefined;
  const conversation = new Conversation(socket, setting.clock);
  const { bytes, shown } = fillSecrets(target, connectFrame(target));
  void conversation.write(bytes, shown);
  await conversation.until(() => conversation.frames.length > 0, timeoutMs * 4);
  conversation.close();
  const [first] = conversation.frames;
  if (first?.command === 'CONNECTED') return headerOf(first, 'server');
  if (ending.isSaid) return undefined;
  throw new SessionError(
    'STOMP_CONNECT_REFUSED',
    `${endpoint}: CONNECT was answered by ${first?.command ?? 'nothing'}`,
  );
}

async function judged(stage: Stage, one: BrokerCase, setting: Setting, limitMs: number): Promise<Judgement> {
  let disarm = (): void => undefined;
  const late = new Promise<'late'>((resolve) => {
    disarm = setting.clock.schedule(limitMs, () => resolve('late'));
  });
  try {
    const trouble = await Promise.race([stage.play(one.steps), late]);
    if (trouble === 'late') return fail('took too long');
    return trouble === undefined ? one.judge(stage.seen) : fail(trouble);
  } catch (error) {
    return fail(`the case broke off: ${(error as Error).message}`);
  } finally {
    disarm();
  }
}

/** What the clean-up may wait for one answer once the run has been called off. */
const HASTY_TIDY_MS = 500;

class Run {
  readonly #setting: Setting;
  /** Cleaning up is done also when all else is called off. */
  readonly #tidying: Setting;
  readonly #limitMs: number;
  readonly #onResult: BrokerSuiteOptions['onResult'];
  readonly #cases: readonly BrokerCase[];
  readonly results: BrokerCaseResult[] = [];

  constructor(
    setting: Setting,
    limitMs: number,
    cases: readonly BrokerCase[],
    onResult: BrokerSuiteOptions['onResult'],
  ) {
    const { ending, clock } = setting;
    this.#setting = { ...setting, clock: hurriedBy(ending, clock) };
    this.#tidying = { ...setting, clock: hurriedBy(ending, clock, HASTY_TIDY_MS) };
    this.#limitMs = limitMs;
    this.#cases = cases;
    this.#onResult = onResult;
  }

  /** Those that do nothing but wait do so beside all others. */
  async all(lanes: number): Promise<void> {
    const patient = this.#cases.filter((one) => one.patient);
    const others = this.#cases.filter((one) => !one.patient);
    const beside = patient.map((one) => this.#lane([one]));
    await Promise.all([...beside, ...Array.from({ length: lanes }, () => this.#lane(others))]);
  }

  /** Takes cases as long as there are any. */
  async #lane(left: BrokerCase[]): Promise<void> {
    const names = new Names(this.#setting.target, randomName());
    for (let one = left.shift(); one !== undefined; one = left.shift()) {
      if (this.#setting.ending.isSaid) return;
      const result = await this.#one(one, names);
      // Called off in the middle: it says nothing about the broker.
      if (this.#setting.ending.isSaid) return;
      this.results.push(result);
      this.#onResult?.(result);
    }
  }

  async #one(one: BrokerCase, names: Names): Promise<BrokerCaseResult> {
    const setting = this.#setting;
    const started = setting.clock.now();
    const stage = new Stage(setting, names);
    const limitMs = this.#limitMs + (one.patient ? setting.patienceMs : 0);
    const judgement = await judged(stage, one, setting, limitMs);
    const { seen } = stage;
    const { id, point, section, title, expected } = one;
    const result = {
      ...{ id, point, section, title, expected, ...judgement },
      durationMs: setting.clock.now() - started,
      received: seen.names.map((as) => seen.received(as)).join(' | '),
      transcript: seen.names.map((as) => ({
        connection: as,
        passed: [...seen.party(as).conversation.passed],
      })),
    };
    await stage.close();
    const used = one.steps.map((step) => ('bytes' in step ? step.bytes : '')).join('');
    const drained = await drain(this.#tidying, names, used, stage.untidy);
    if (!drained.clean) names.retire();
    return { ...result, drained: drained.messages };
  }
}

/**
 * Looks at a broker from outside, case by case, with bytes written by hand. It uses destinations of its own with
 * random names and reads away what it sent, so it may be run against a broker that others use. Rejects with
 * TransportError or SessionError when there is no getting in, and with ConfigError for options that cannot be meant.
 */
export async function runBrokerSuite(
  target: BrokerTarget,
  options: BrokerSuiteOptions = {},
): Promise<BrokerReport> {
  const { clock = systemClock, signal, timeoutMs = 1_500, quietMs = 150 } = options;
  const { caseTimeoutMs = 20_000, patienceMs = 35_000 } = options;
  checkPositive('timeoutMs', timeoutMs);
  checkPositive('quietMs', quietMs);
  checkPositive('caseTimeoutMs', caseTimeoutMs);
  checkPositive('patienceMs', patienceMs);
  const lanes = checkPositive('parallel', options.parallel ?? 1, true);
  const cases = selectCases(brokerCases, options.cases);
  const { server, run } = await Ending.during(signal, async (ending) => {
    const setting: Setting = { target, clock, timeoutMs, quietMs, patienceMs, ending };
    const name = await greet({ ...setting, clock: hurriedBy(ending, clock) });
    const begun = new Run(setting, caseTimeoutMs, cases, options.onResult);
    await begun.all(lanes);
    return { server: name, run: begun };
  });
  const order = new Map(cases.map(({ id }, index) => [id, index]));
  const results = run.results.sort((one, other) => order.get(one.id)! - order.get(other.id)!);
  return { server, results, counts: countVerdicts(results) };
}
