import { BrokerWorld } from './broker-world.js';
import { Random } from './random.js';
import { shrink } from './shrink.js';
import { Broken, kindOf, type Target } from './target.js';

interface Script {
  readonly world: number;
  readonly steps: readonly number[];
}

function makeScript(seed: number): Script {
  const random = new Random(seed);
  return { world: random.next(), steps: Array.from({ length: random.from(2, 60) }, () => random.next()) };
}

function play({ world: seed, steps }: Script, world = new BrokerWorld(seed)): number {
  for (const step of steps) world.step(step);
  return world.end();
}

function faultOf(script: Script): string | undefined {
  try {
    play(script);
    return undefined;
  } catch (error) {
    return kindOf(error);
  }
}

function logOf(script: Script): string {
  const log: string[] = [];
  try {
    play(script, new BrokerWorld(script.world, log));
  } catch (error) {
    log.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  return log.join('\n');
}

/** The embedded broker, with clients that send what they should not. */
export const brokerTarget: Target = {
  name: 'broker',

  async run(seed) {
    return play(makeScript(seed));
  },

  async reproduce(seed) {
    const script = makeScript(seed);
    const fault = faultOf(script);
    if (fault === undefined) throw new Broken('it does not fail again');
    const steps = await shrink(script.steps, (fewer) => faultOf({ ...script, steps: fewer }) === fault);
    return logOf({ ...script, steps });
  },
};
