import { ConnectionWorld } from './connection-world.js';
import { Random } from './random.js';
import { shrink } from './shrink.js';
import { Broken, kindOf, type Target } from './target.js';

interface Script {
  readonly world: number;
  readonly begin: number;
  readonly steps: readonly number[];
  readonly end: number;
}

function makeScript(seed: number): Script {
  const random = new Random(seed);
  const [world, begin, end] = [random.next(), random.next(), random.next()];
  const steps = Array.from({ length: random.from(1, 40) }, () => random.next());
  return { world, begin, steps, end };
}

async function play(script: Script, world = new ConnectionWorld(script.world)): Promise<number> {
  await world.begin(script.begin);
  for (const step of script.steps) await world.step(step);
  return world.end(script.end);
}

async function faultOf(script: Script): Promise<string | undefined> {
  try {
    await play(script);
    return undefined;
  } catch (error) {
    return kindOf(error);
  }
}

/** The log of a script that fails, its last line what went wrong. */
async function logOf(script: Script): Promise<string> {
  const log: string[] = [];
  try {
    await play(script, new ConnectionWorld(script.world, log));
  } catch (error) {
    log.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  return log.join('\n');
}

/** A connection whose peer sends what it should not, while its user goes on as if nothing were wrong. */
export const connectionTarget: Target = {
  name: 'connection',

  async run(seed) {
    return play(makeScript(seed));
  },

  async reproduce(seed) {
    const script = makeScript(seed);
    const fault = await faultOf(script);
    if (fault === undefined) throw new Broken('it does not fail again');
    const steps = await shrink(
      script.steps,
      async (fewer) => (await faultOf({ ...script, steps: fewer })) === fault,
    );
    return logOf({ ...script, steps });
  },
};
