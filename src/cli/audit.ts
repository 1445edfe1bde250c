import { auditBroker } from './audit-broker.js';
import { auditClient } from './audit-client.js';
import { auditProxy } from './audit-proxy.js';
import { auditRead } from './audit-read.js';
import { type Command, UsageError } from './command.js';

const HELP = `usage: stompwire audit <proxy | read | broker | client> [options]

Looks at STOMP 1.0 from outside, and says who does not keep to it.

  proxy    stands between clients and a broker, and records what passes
  read     holds recorded transcripts against the rules
  broker   plays a client, and looks at a broker
  client   plays a broker, and looks at a client

  stompwire audit <command> --help   more about one of them

A finding is a violation (of the specification), a deviation (some broker or
client breaks on it), a dialect (a habit of one broker) or advice.

Exit codes: 0 clean, 1 findings or failed cases, 2 it could not be done, 64
wrong command line, 130 Ctrl-C before the end.`;

export const audit: Command = {
  name: 'audit',
  summary: 'who does not keep to STOMP 1.0: a proxy, transcripts, suites',
  help: HELP,
  options: {},
  subcommands: [auditProxy, auditRead, auditBroker, auditClient],
  run: () => Promise.reject(new UsageError('which of proxy, read, broker and client?')),
};
