#!/usr/bin/env node
// How many agents one machine carries: opens that many connections from one process to the embedded broker in another,
// each with a subscription as an agent has it, sends a request to all and waits for all their replies. Prints the memory
// for each connection on both sides and the times, over loopback.
//
// usage: node --expose-gc scripts/agents.mjs [COUNT]    (after a build; default 1000)

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const dist = join(dirname(fileURLToPath(import.meta.url)), '../dist');
const { connect } = await import(join(dist, 'index.js'));
const { parseConfig, targetOf } = await import(join(dist, 'connector/index.js'));

const count = Number(process.argv[2] ?? 1_000);
if (!Number.isInteger(count) || count < 1) {
  console.error('usage: node --expose-gc scripts/agents.mjs [COUNT]');
  process.exit(2);
}
/** So many dials at a time; the queue of a listening socket is finite. */
const BATCH = 100;

const { targets } = parseConfig('plugin.stomp.host = 127.0.0.1\n');
const [command, reply] = ['command', 'reply'].map((kind) => targetOf(targets, 'discovery', kind));

async function startBroker() {
  const child = spawn(
    process.execPath,
    [join(dist, 'cli/main.js'), 'broker', '--port', '0', '--quiet', '--json'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return { child, url: JSON.parse(line).url };
}

const residentOf = (pid) =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))[1]) * 1024;

function measure(broker) {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return { heap: heapUsed + external, resident: residentOf(process.pid), broker: residentOf(broker.pid) };
}

const { child, url } = await startBroker();
try {
  const asker = await connect(url);
  const before = measure(child);
  const began = performance.now();
  const agents = [];
  while (agents.length < count) {
    const size = Math.min(BATCH, count - agents.length);
    const batch = await Promise.all(Array.from({ length: size }, () => connect(url)));
    await Promise.all(
      batch.map((stomp, i) => {
        const name = `agent-${agents.length + i}`;
        return stomp.subscribe(command, {}, () => void stomp.send(reply, name)).ready;
      }),
    );
    agents.push(...batch);
  }
  const connectedMs = performance.now() - began;
  await new Promise((resolve) => setTimeout(resolve, 500));
  const after = measure(child);

  const seen = new Set();
  let all;
  const heard = new Promise((resolve) => {
    all = resolve;
  });
  const replies = asker.subscribe(reply, {}, (message) => {
    seen.add(message.text());
    if (seen.size === count) all();
  });
  await replies.ready;
  const asked = performance.now();
  asker.send(command, 'ping');
  await heard;
  const answeredMs = performance.now() - asked;

  const each = (key) => `${((after[key] - before[key]) / count / 1024).toFixed(1)} KiB`;
  console.log(`${count} agents, each a pool with a connection and a subscription, in one process`);
  console.log(`  Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}`);
  console.log(
    `  memory of an agent    ${each('heap')} of the heap and buffers, ${each('resident')} resident`,
  );
  console.log(`  at the broker         ${each('broker')} resident for each connection`);
  console.log(`  connected             in ${(connectedMs / 1000).toFixed(2)} s, ${BATCH} at a time`);
  console.log(`  a request to all      ${seen.size} replies in ${answeredMs.toFixed(0)} ms`);
  for (const stomp of [...agents, asker]) stomp.destroy();
} finally {
  child.kill();
}
