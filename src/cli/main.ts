#!/usr/bin/env node
import { runProgram } from './program.js';
import { Terminal } from './terminal.js';

/** The first signal asks the command to leave in order; a second one does not ask. */
const stop = new AbortController();
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(code);
    stop.abort(signal);
  });
}

const terminal = new Terminal(process.stdout, process.stderr, process.env);
const { argv, env, stdin } = process;
void runProgram(argv.slice(2), { terminal, env, stdin, signal: stop.signal }).then((code) =>
  process.exit(code),
);
