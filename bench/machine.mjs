import { readFileSync } from 'node:fs';
import os from 'node:os';

/** What a figure is worth nothing without. */
export function describeMachine() {
  const cpus = os.cpus();
  return {
    cpu: cpus[0]?.model.trim() ?? 'unknown',
    cores: cpus.length,
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.version,
    loadAtStart: os.loadavg()[0],
  };
}

/** Starts when it is called; gives the share of all CPU time that the hypervisor gave to others when it is called again. */
export function watchSteal() {
  const before = readTimes();
  return () => {
    const after = readTimes();
    const total = after.total - before.total;
    return total > 0 ? (after.steal - before.steal) / total : 0;
  };
}

function readTimes() {
  const times = readFileSync('/proc/stat', 'utf8')
    .split('\n', 1)[0]
    .trim()
    .split(/\s+/)
    .slice(1, 9)
    .map(Number);
  return { steal: times[7] ?? 0, total: times.reduce((sum, time) => sum + time, 0) };
}
