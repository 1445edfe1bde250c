import type { Conversation } from './conversation.js';
import type { Delivery } from './deliveries.js';
import { markOf } from './headers.js';
import { wireValue } from './lines.js';
import { quote, type Rule } from './rule.js';
import type { FrameStep } from './step.js';

const MANY = 10;

const idOf = (step: FrameStep): string | undefined => wireValue(step.head, 'message-id');

function named(step: FrameStep, { deliveries }: Conversation): Delivery | undefined {
  return deliveries.get(idOf(step) ?? '');
}

/** What an ACK names that was not delivered as such; undefined where it was, or nothing can be said. */
function unknown(step: FrameStep, talk: Conversation): string | undefined {
  const id = idOf(step);
  if (id === undefined || talk.deliveries.forgot || talk.phase !== 'connected') return undefined;
  return talk.deliveries.get(id) === undefined ? id : undefined;
}

/** ACK: of what was delivered, in a mode that wants it, once. */
export const ACK_RULES: readonly Rule[] = [
  {
    id: 'ack-of-nothing',
    point: 'P31',
    spec: 'ACK',
    severity: 'violation',
    fault: 'client',
    advice: 'Acknowledge only what this connection has delivered.',
    on: 'frame',
    commands: ['ACK'],
    check: (step, talk) => {
      const id = unknown(step, talk);
      if (id === undefined || talk.deliveries.like(id) || talk.history.deliveredOn(id)) return undefined;
      return { message: `no message ${quote(id)} was delivered`, mark: markOf(step, 'message-id') };
    },
  },
  {
    id: 'ack-id-changed',
    point: 'P31',
    spec: 'ACK',
    severity: 'violation',
    fault: 'client',
    advice: 'Echo message-id byte for byte, neither trimmed nor unescaped nor in another case.',
    on: 'frame',
    commands: ['ACK'],
    check: (step, talk) => {
      const id = unknown(step, talk);
      const like = id === undefined ? undefined : talk.deliveries.like(id);
      if (like === undefined) return undefined;
      return {
        message: `${quote(like.id)} was delivered, not ${quote(id)}`,
        mark: markOf(step, 'message-id'),
      };
    },
  },
  {
    id: 'ack-on-other-connection',
    point: 'P33',
    spec: 'ACK',
    severity: 'violation',
    fault: 'client',
    advice: 'Forget what was not acknowledged when a connection is lost: it will be delivered again.',
    on: 'frame',
    commands: ['ACK'],
    check: (step, talk) => {
      const id = unknown(step, talk);
      if (id === undefined || talk.deliveries.like(id)) return undefined;
      const other = talk.history.deliveredOn(id);
      if (other === undefined) return undefined;
      return {
        message: `${quote(id)} was delivered on connection ${other}`,
        mark: markOf(step, 'message-id'),
      };
    },
  },
  {
    id: 'ack-twice',
    point: 'P33',
    spec: 'ACK',
    severity: 'violation',
    fault: 'client',
    advice: 'Acknowledge each message once.',
    on: 'frame',
    commands: ['ACK'],
    check: (step, talk) => {
      const delivery = named(step, talk);
      if (!delivery?.acked || delivery.subscription?.ack === 'auto') return undefined;
      return { message: `${quote(delivery.id)} was acknowledged before`, mark: markOf(step, 'message-id') };
    },
  },
  {
    id: 'ack-in-auto-mode',
    point: 'P32',
    spec: 'ACK',
    severity: 'violation',
    fault: 'client',
    advice: 'Subscribe with ack:client, or leave ACK out.',
    once: true,
    on: 'frame',
    commands: ['ACK'],
    check: (step, talk) =>
      named(step, talk)?.subscription?.ack === 'auto' ? 'the subscription acknowledges by itself' : undefined,
  },
  {
    id: 'ack-out-of-order',
    point: 'P33',
    spec: 'silent',
    severity: 'deviation',
    fault: 'client',
    advice: 'Acknowledge in the order of delivery: an ACK in client mode covers what came before.',
    on: 'frame',
    commands: ['ACK'],
    check: (step, talk) => {
      const delivery = named(step, talk);
      const subscription = delivery?.subscription;
      if (delivery === undefined || delivery.acked || subscription?.ack !== 'client') return undefined;
      if (delivery.seq > subscription.ackedSeq || subscription.state !== 'live') return undefined;
      return {
        message: `an ACK of a later message covers ${quote(delivery.id)}`,
        mark: markOf(step, 'message-id'),
      };
    },
  },
  {
    id: 'ack-after-unsubscribe',
    point: 'P34',
    spec: 'ACK',
    severity: 'deviation',
    fault: 'client',
    advice: 'Acknowledge before UNSUBSCRIBE: after it ActiveMQ has given the message back.',
    on: 'frame',
    commands: ['ACK'],
    check: (step, talk) => {
      const delivery = named(step, talk);
      const { ack, state } = delivery?.subscription ?? {};
      if (delivery?.acked || ack === 'auto' || state === undefined || state === 'live') return undefined;
      return 'the subscription of this message has ended';
    },
  },
  {
    id: 'ack-names-other-subscription',
    point: 'P31',
    spec: 'silent',
    severity: 'deviation',
    fault: 'client',
    advice: 'Leave `subscription` out of ACK, or name the one that delivered the message.',
    on: 'frame',
    commands: ['ACK'],
    check: (step, talk) => {
      const said = step.frame.headers.get('subscription');
      const subscription = named(step, talk)?.subscription;
      if (
        said === undefined ||
        subscription === undefined ||
        said === (subscription.id ?? subscription.destination)
      )
        return undefined;
      return {
        message: `subscription ${quote(said)} did not deliver this`,
        mark: markOf(step, 'subscription'),
      };
    },
  },
  {
    id: 'message-id-in-use',
    point: 'P31',
    spec: 'MESSAGE',
    severity: 'violation',
    fault: 'broker',
    advice: 'Give each message that waits for its ACK an id of its own.',
    on: 'frame',
    commands: ['MESSAGE'],
    check: (step, talk) => {
      const before = named(step, talk);
      const { subscription } = talk.subscriptions.match(step);
      if (before === undefined || before.acked || before.subscription !== subscription) return undefined;
      if (subscription?.ack === 'auto') return undefined;
      if (step.frame.headers.get('redelivered') === 'true') return undefined;
      return {
        message: `message-id ${quote(before.id)} was delivered before`,
        mark: markOf(step, 'message-id'),
      };
    },
  },
  {
    id: 'never-acknowledged',
    point: 'P34',
    spec: 'ACK',
    severity: 'advice',
    fault: 'client',
    advice: 'Acknowledge what was taken, or subscribe with ack:auto: it will all be delivered again.',
    on: 'close',
    check: (_, talk) => {
      if (talk.blind) return undefined;
      for (const { ack, acked, delivered, destination } of talk.subscriptions.live())
        if (ack !== 'auto' && acked === 0 && delivered >= MANY)
          return `${delivered} messages of ${quote(destination)} were delivered, and none was acknowledged`;
      return undefined;
    },
  },
];
