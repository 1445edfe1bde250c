import { ConfigError } from '../errors.js';
import type { Targets } from './settings.js';
import { quote } from './values.js';

/** Requests go to `command`, and the answers to them to `reply`. */
export type TargetKind = 'command' | 'reply';

/**
 * The destination of one agent in one collective, such as `/topic/mcollective.discovery.command`, as MCollective 1.1.3
 * to 1.2 named it. Throws STOMP_CONFIG_INVALID for an agent without a name, another kind, and a collective that one
 * does not belong to, which the main one may be.
 */
export function targetOf(
  targets: Targets,
  agent: string,
  kind: TargetKind,
  collective: string = targets.mainCollective,
): string {
  if (!targets.collectives.includes(collective)) {
    throw refused('collective', `one of ${targets.collectives.join(', ')}`, collective);
  }
  return nameOf(targets, agent, kind, collective);
}

/** The destination of one agent in each collective, in their order: what a server subscribes to. Throws as `targetOf`. */
export function targetsOf(targets: Targets, agent: string, kind: TargetKind): string[] {
  return targets.collectives.map((collective) => nameOf(targets, agent, kind, collective));
}

function nameOf(targets: Targets, agent: string, kind: TargetKind, collective: string): string {
  if (agent === '') throw refused('agent', 'a name', agent);
  if (kind !== 'command' && kind !== 'reply') throw refused('kind', 'command or reply', kind);
  return [targets.topicPrefix + collective, agent, kind].join(targets.topicSeparator);
}

function refused(option: string, expected: string, received: string): ConfigError {
  return new ConfigError('STOMP_CONFIG_INVALID', { option, expected, received: quote(String(received)) });
}
