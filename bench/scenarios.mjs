const KIB = 1024;
const MIB = 1024 * KIB;

/**
 * @typedef {object} Goal
 * @property {string} against a client's name, 'fastest rival' or the twin's label
 * @property {number} floor the ratio that has to be reached
 *
 * @typedef {object} Scenario
 * @property {string} name
 * @property {string} title
 * @property {string} needs what a client must be able to do: one of Client.can
 * @property {object} job what the driver is told
 * @property {Goal[]} goals
 * @property {string[]} quick who takes part in a quick run
 * @property {{client: string, label: string, job: object}} [twin] a client that runs in the same rounds with another job
 */

function receive(label, size, goals, quick) {
  return {
    name: `receive-${label}`,
    title: `receive ${label}, one subscription`,
    needs: 'receive',
    job: { mode: 'receive', size },
    goals,
    quick: ['stompwire', ...quick],
  };
}

function publish(label, size, goals, quick) {
  const bytes = size >= 64 * KIB;
  return {
    name: `publish-${label}`,
    title: `publish ${label} ${bytes ? 'Buffers' : 'strings'} with send, until a last receipt`,
    needs: bytes ? 'bytes' : 'publish',
    job: { mode: 'publish', size, bytes },
    goals,
    quick: ['stompwire', ...quick],
  };
}

function subscriptions(label, size, floor) {
  return {
    name: `subs-${label}`,
    title: `receive ${label}, 1,000 interleaved subscriptions on one connection`,
    needs: 'subs',
    job: { mode: 'receive', size, subs: 1000 },
    goals: [{ against: 'one subscription', floor }],
    twin: { client: 'stompwire', label: 'one subscription', job: { mode: 'receive', size } },
    quick: ['stompwire'],
  };
}

/** Those that were the fastest somewhere. */
const PUBLISHERS = ['stomp-client', 'php-stomp'];

/** @type {Scenario[]} */
export const SCENARIOS = [
  receive(
    '16B',
    16,
    [
      { against: 'stompit', floor: 15 },
      { against: 'php-stomp', floor: 2.5 },
    ],
    ['stompit', 'php-stomp'],
  ),
  receive(
    '256B',
    256,
    [
      { against: 'stompit', floor: 11 },
      { against: 'php-stomp', floor: 2.2 },
    ],
    ['stompit', 'php-stomp'],
  ),
  receive('4KiB', 4 * KIB, [{ against: 'node-onread64k', floor: 0.7 }], ['node-onread64k']),
  receive('64KiB', 64 * KIB, [{ against: 'node-onread64k', floor: 1.15 }], ['node-onread64k']),
  receive('1MiB', MIB, [{ against: 'node-onread64k', floor: 1 }], ['node-onread64k']),
  subscriptions('16B', 16, 0.7),
  subscriptions('256B', 256, 0.7),
  publish('16B', 16, [{ against: 'fastest rival', floor: 9 }], PUBLISHERS),
  publish('256B', 256, [{ against: 'fastest rival', floor: 7.5 }], PUBLISHERS),
  publish('4KiB', 4 * KIB, [{ against: 'fastest rival', floor: 2.2 }], PUBLISHERS),
  publish('64KiB', 64 * KIB, [{ against: 'node-pub64k', floor: 1 }], ['node-pub64k']),
  publish('1MiB', MIB, [{ against: 'node-pub64k', floor: 0.75 }], ['node-pub64k']),
  {
    name: 'confirm-1024',
    title: 'publish 256B, each with its receipt, 1,024 in flight',
    needs: 'confirm',
    job: { mode: 'confirm', size: 256, window: 1024 },
    goals: [{ against: 'fastest rival', floor: 7.5 }],
    quick: ['stompwire', 'stomp', 'stomp-client'],
  },
  {
    name: 'confirm-1',
    title: 'publish 256B, each with its receipt, one at a time',
    needs: 'single',
    job: { mode: 'confirm', size: 256, window: 1 },
    goals: [{ against: 'fastest rival', floor: 0.85 }],
    quick: ['stompwire', 'stomp', 'php-stomp'],
  },
  {
    name: 'codec-256B',
    title: 'parser alone, 256B, chunks of 64 KiB, body as a view',
    needs: 'codec',
    job: { mode: 'codec', size: 256, chunk: 64 * KIB },
    goals: [{ against: 'stompit', floor: 14 }],
    quick: ['stompwire', 'stompit'],
  },
];
