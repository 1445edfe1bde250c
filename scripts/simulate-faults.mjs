#!/usr/bin/env node
// Proves that the simulation bites: puts one fault after the other into a copy of src, runs the simulation on that copy,
// and writes down in test/simulation/README.md which seed found it. Fails when one is not found.
//
// usage: node scripts/simulate-faults.mjs [words of a fault's name]     without words: all

import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { compileSimulation, root } from './simulation-build.mjs';

const SEEDS = 2_000;
const LIMIT_MS = 600_000;
const README = join(root, 'test/simulation/README.md');

/** Each is found by its text, which must stand in the file exactly once. */
const FAULTS = [
  {
    name: 'subscriptions are not made again after a loss',
    file: 'pool/roster.ts',
    find: 'for (const subscription of all) if (connection.alive) connection.attach(subscription);',
    put: '',
  },
  {
    name: 'what is not confirmed goes out before the SUBSCRIBEs',
    file: 'pool/pool.ts',
    find: 'this.#roster.resume(connection, () => {',
    put: 'this.#outbox.connected(connection);\n    this.#roster.resume(connection, () => {',
  },
  {
    name: 'what is not confirmed is forgotten at a loss',
    file: 'pool/outbox.ts',
    find: 'this.#unsent.prepend(returned);',
    put: '',
  },
  {
    name: 'what is sent again goes out in reverse order',
    file: 'pool/outbox.ts',
    find: 'this.#unsent.prepend(returned);',
    put: 'this.#unsent.prepend([...returned].reverse());',
  },
  {
    name: 'what is confirmed is sent again',
    file: 'pool/publication.ts',
    find: "received(): void {\n    if (!this.#settle('confirmed')) return;\n",
    put: "received(): void {\n    if (this.losses === 0) this.#keeper.returned(this);\n    else if (!this.#settle('confirmed')) return;\n",
  },
  {
    name: 'a RECEIPT confirms the newest that waits',
    file: 'transport/receipts.ts',
    find: '    const waiter = this.#waiterOf(id);\n    if (waiter === undefined) return undefined;\n',
    put: '    if (this.#waiterOf(id) === undefined) return undefined;\n    id = this.#next - 1;\n    const waiter = this.#waiterOf(id);\n    if (waiter === undefined) return undefined;\n',
  },
  {
    name: 'a publish that was confirmed never settles when it was sent twice',
    file: 'pool/publication.ts',
    find: '    this.#resolve();',
    put: '    if (this.losses === 0) this.#resolve();',
  },
  {
    name: 'a publish resolves when its connection is lost',
    file: 'pool/publication.ts',
    find: 'this.losses++;',
    put: 'this.losses++;\n    if (this.losses > 1) return this.received();',
  },
  {
    name: 'what was on the wire is left unsettled by destroy()',
    file: 'pool/outbox.ts',
    find: 'if (isPublication(entry)) entry.giveUp(error);',
    put: 'if (isPublication(entry) && entry.losses === 0) entry.giveUp(error);',
  },
  {
    name: 'the bound of the outbox is not kept',
    file: 'pool/outbox.ts',
    find: 'this.#bytes + frame.bytes <= maxOutboxBytes',
    put: 'this.#bytes + frame.bytes <= maxOutboxBytes * 2',
  },
  {
    name: 'suspects go out together',
    file: 'pool/outbox.ts',
    find: 'if (this.#suspects.count > 0 && (this.#onTheWire > 0 || !this.#answers)) break;',
    put: '',
  },
  {
    name: 'a message that ends every connection is never refused',
    file: 'pool/suspects.ts',
    find: 'if (strikesAlone < REFUSE_AFTER) return false;',
    put: 'if (strikesAlone < 1_000) return false;',
  },
  {
    name: 'a message is refused although its queue may be down with a broker',
    file: 'pool/suspects.ts',
    find: 'return destinationWorks || !brokerIsDown || forMs >= refuseAfterMs;',
    put: 'return true;',
  },
  {
    name: 'a host that cannot be reached is not known to be down',
    file: 'pool/pool.ts',
    find: 'onDialFailed: () => this.#outbox.dialFailed(),',
    put: 'onDialFailed: () => {},',
  },
  {
    name: 'any confirmation speaks for a destination',
    file: 'pool/suspects.ts',
    find: 'this.#confirmedAt.set(publication.destination, this.#clock.now());',
    put: "for (const to of ['/queue/a', '/queue/b', '/queue/c', '/topic/t']) this.#confirmedAt.set(to, this.#clock.now());",
  },
  {
    name: 'a send goes out while subscriptions are on trial',
    file: 'pool/pool.ts',
    find: 'const connection = this.#outbox.connection;',
    put: 'const connection = this.#connection;',
  },
  {
    name: 'what is published goes out while subscriptions are on trial',
    file: 'pool/roster.ts',
    find: '      this.#onTrial = all;\n',
    put: '      this.#onTrial = all;\n      done();\n',
  },
  {
    name: 'the back-off is not reset by a stable connection',
    file: 'pool/backoff.ts',
    find: 'return aliveMs >= stableAfterMs ? 0 : failures + 1;',
    put: 'return failures + 1;',
  },
  {
    name: 'the back-off is reset by any connection',
    file: 'pool/backoff.ts',
    find: 'return aliveMs >= stableAfterMs ? 0 : failures + 1;',
    put: 'return 0;',
  },
  {
    name: 'each connection that died young makes the delay grow',
    file: 'pool/failures.ts',
    find: 'Math.ceil(this.#whileAnswered / this.#hostCount)',
    put: 'this.#whileAnswered',
  },
  {
    name: 'no dial makes the delay grow once a host has answered',
    file: 'pool/failures.ts',
    find: 'if (++this.#unanswered < this.#hostCount)',
    put: 'if (++this.#unanswered < Number.POSITIVE_INFINITY)',
  },
  {
    name: 'a host that does not answer keeps the next one waiting',
    file: 'pool/failures.ts',
    find: 'if (this.#unanswered > 0 && this.#unanswered < this.#hostCount) return 1;',
    put: '',
  },
  {
    name: 'the pool gives up one attempt too late',
    file: 'pool/backoff.ts',
    find: 'return failures <= (everConnected',
    put: 'return failures - 1 <= (everConnected',
  },
  {
    name: 'a loss without a second host is followed by no dial',
    file: 'pool/reconnector.ts',
    find: 'if (this.#failures.count === 0) this.#dial();',
    put: 'if (this.#failures.count === 0 && endpoints.length === 1) return;\n    if (this.#failures.count === 0) this.#dial();',
  },
  {
    name: 'the rotation begins each round at the second host',
    file: 'pool/rotation.ts',
    find: '    this.#given = 0;\n    const { randomize, random }',
    put: '    this.#given = Math.min(1, this.#round.length - 1);\n    const { randomize, random }',
  },
  {
    name: 'the timer of a handshake is left armed',
    file: 'transport/handshake.ts',
    find: "    this.#state = 'over';\n    this.#timer.cancel();",
    put: "    this.#state = 'over';",
  },
  {
    name: 'the connection that stands by outlives the pool',
    file: 'pool/reconnector.ts',
    find: '    this.#watch?.stop();\n    this.#standby?.stop();',
    put: '    this.#watch?.stop();',
  },
  {
    name: 'the connection that stands by is not taken',
    file: 'pool/reconnector.ts',
    find: 'const standby = this.#isOver() ? undefined : this.#standby?.take();',
    put: 'const standby = undefined as Connection | undefined;\n    this.#standby?.take()?.destroy();',
  },
  {
    name: 'a look at the broker from the side stays connected',
    file: 'pool/watch.ts',
    find: '        side.destroy();\n',
    put: '',
  },
  {
    name: 'a message of a connection that is gone can be acknowledged',
    file: 'transport/acks.ts',
    find: 'close(): void {\n    this.#closed = true;',
    put: 'close(): void {',
  },
  {
    name: 'an ACK in client mode does not wait for those before it',
    file: 'transport/acks.ts',
    find: "else if (delivery.state !== 'done') break;",
    put: '',
  },
  {
    name: 'messages held at a loss are handed over although they come again',
    file: 'transport/inbox.ts',
    find: 'if (held.again) this.#flow.release(held.bytes);',
    put: 'if (held.again && held.bytes < 0) this.#flow.release(held.bytes);',
  },
  {
    name: 'a MESSAGE goes to the subscription of the one before',
    file: 'transport/routes.ts',
    find: 'return id === this.#last?.id ? this.#last : this.#findId(id);',
    put: 'return this.#last ?? this.#findId(id);',
  },
  {
    name: 'the bytes of a write are used again before they were taken',
    file: 'transport/output.ts',
    find: '      if (slab !== undefined) giveSlab(slab);',
    put: '    });\n    process.nextTick(() => {\n      if (slab !== undefined) slab.fill(0);',
  },
  {
    name: 'a transaction whose work fails is committed',
    file: 'transport/transaction.ts',
    find: 'await transaction.abort().catch(() => {});',
    put: 'await transaction.commit().catch(() => {});',
  },
];

// Not below node_modules, where the compiler takes sources for somebody else's.
const place = mkdtempSync(join(tmpdir(), 'stompwire-faults-'));
process.on('exit', () => rmSync(place, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

/** The first seed that fails, and what it says; undefined when all pass. */
function search(main) {
  return new Promise((resolve, reject) => {
    const args = [main, '--from', '1', '--count', String(SEEDS), '--stop'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], timeout: LIMIT_MS });
    const said = [];
    createInterface({ input: child.stdout }).on('line', (line) => said.push(JSON.parse(line)));
    child.once('error', reject);
    child.once('close', (code) => {
      if (said.at(-1)?.seeds === undefined)
        reject(new Error(`the simulation ended with ${code} and without a result`));
      else resolve(said.find(({ faults }) => faults !== undefined));
    });
  });
}

/** The file with the fault in it. */
function textOf({ name, file, find, put }) {
  const parts = readFileSync(join(root, 'src', file), 'utf8').split(find);
  if (parts.length !== 2) throw new Error(`${name}: ${file} has ${parts.length - 1} times: ${find}`);
  return parts.join(put);
}

function copyWith(fault, into) {
  cpSync(join(root, 'src'), join(into, 'src'), { recursive: true });
  cpSync(join(root, 'test/simulation'), join(into, 'test/simulation'), { recursive: true });
  mkdirSync(join(into, 'test/support'));
  for (const name of readdirSync(join(root, 'test/support')))
    if (name.startsWith('sim-')) cpSync(join(root, 'test/support', name), join(into, 'test/support', name));
  writeFileSync(join(into, 'package.json'), '{ "type": "module" }\n');
  writeFileSync(join(into, 'src', fault.file), textOf(fault));
}

const words = process.argv.slice(2).join(' ');
const wanted = FAULTS.filter(({ name }) => name.includes(words));
for (const fault of FAULTS) textOf(fault); // all of them can be put in

/** Takes the faults from the front until none is left. */
async function work(waiting, rows) {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const directory = join(place, String(FAULTS.indexOf(next)));
    mkdirSync(directory);
    copyWith(next, directory);
    const found = await search(compileSimulation(directory, join(directory, 'built')).main);
    rmSync(directory, { recursive: true, force: true });
    const said = found?.faults[0].replace(/ \(at .*$/s, '').split('\n')[0] ?? '';
    console.log(`${found === undefined ? 'NOT FOUND' : `seed ${found.seed}`}: ${next.name} -- ${said}`);
    const row = `| ${next.name} | \`${next.file}\` | ${found?.seed ?? 'not found'} | ${said} |`;
    rows.set(next, { row, isFound: found !== undefined });
  }
}

if (wanted.length === 0) {
  console.error('no fault has such a name');
  process.exit(2);
}
const rows = new Map();
const waiting = [...wanted];
await Promise.all(Array.from({ length: availableParallelism() }, () => work(waiting, rows)));
// Rows of faults that were not asked for stay as they are.
const [before, after] = readFileSync(README, 'utf8').split('| Fault |');
const stood = new Map(after.split('\n').map((line) => [line.split(' | ')[0].slice(2), line]));
const head = ['| Fault | In | Seed | What the simulation said first |', '| --- | --- | --- | --- |'];
const body = FAULTS.flatMap((fault) => rows.get(fault)?.row ?? stood.get(fault.name) ?? []);
writeFileSync(README, `${before}${[...head, ...body].join('\n')}\n`);
const found = [...rows.values()].filter(({ isFound }) => isFound).length;
console.log(`${found} of ${rows.size} found`);
if (found < rows.size) process.exitCode = 1;
