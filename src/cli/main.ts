#!/usr/bin/env node
import { EXIT } from './command.js';
import { runProgram } from './program.js';
import { Terminal } from './terminal.js';

/** The first signal asks the command to leave in order; a second one does not ask. */
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(EXIT[signal]);
    stop.abort(signal);
  });
}

/** What no command has caught is a fault of this program. */
process.on('uncaughtException', (error) => {
  process.stderr.write(`stompwire: this should not have happened: ${error.stack}\n`);
  process.exit(EXIT.bug);
});

const terminal = new Terminal(process.stdout, process.stderr, process.env);
const { argv, env, stdin } = process;
void runProgram(argv.slice(2), { terminal, env, stdin, signal: stop.signal }).then((code) =>
  process.exit(code),
);
