import { markOf } from './headers.js';
import { quote, type Rule } from './rule.js';
import { isPattern } from './subscriptions-model.js';

/** What the client says. */
const SUBSCRIBE_RULES: readonly Rule[] = [
  {
    id: 'subscription-id-in-use',
    point: 'P25',
    spec: 'SUBSCRIBE',
    severity: 'violation',
    fault: 'client',
    advice: 'Give each subscription an id of its own.',
    on: 'frame',
    commands: ['SUBSCRIBE'],
    check: (step, { subscriptions }) => {
      const id = step.frame.headers.get('id');
      if (id === undefined || subscriptions.twin(step) === undefined) return undefined;
      return { message: `the id ${quote(id)} is in use`, mark: markOf(step, 'id') };
    },
  },
  {
    id: 'subscribed-twice',
    point: 'P25',
    spec: 'SUBSCRIBE',
    severity: 'deviation',
    fault: 'client',
    advice: 'Subscribe once, or with different ids: RabbitMQ closes, ActiveMQ delivers twice.',
    on: 'frame',
    commands: ['SUBSCRIBE'],
    check: (step, { subscriptions }) => {
      const { headers } = step.frame;
      if (headers.has('id') || subscriptions.twin(step) === undefined) return undefined;
      return {
        message: `${quote(headers.get('destination'))} is subscribed already`,
        mark: markOf(step, 'destination'),
      };
    },
  },
  {
    id: 'subscription-without-id',
    point: 'P25',
    spec: 'SUBSCRIBE',
    severity: 'advice',
    fault: 'client',
    advice: 'Send an id with SUBSCRIBE: with several subscriptions nothing else tells their messages apart.',
    once: true,
    on: 'frame',
    commands: ['SUBSCRIBE'],
    check: (step, { subscriptions }) =>
      subscriptions.size > 0 && !step.frame.headers.has('id') && subscriptions.twin(step) === undefined
        ? 'one of several subscriptions has no id'
        : undefined,
  },
  {
    id: 'ack-mode-unknown',
    point: 'P32',
    spec: 'SUBSCRIBE',
    severity: 'violation',
    fault: 'client',
    advice: 'Write ack:auto or ack:client.',
    on: 'frame',
    commands: ['SUBSCRIBE'],
    check: (step) => {
      const ack = step.frame.headers.get('ack') ?? 'auto';
      if (/^(auto|client|client-individual)$/.test(ack)) return undefined;
      return { message: `the ack mode is ${quote(ack)}`, mark: markOf(step, 'ack') };
    },
  },
  {
    id: 'ack-mode-of-later-version',
    point: 'P32',
    spec: 'SUBSCRIBE',
    severity: 'dialect',
    fault: 'client',
    advice: 'Count on client-individual only with RabbitMQ and ActiveMQ: Stompserver takes it for auto.',
    once: true,
    on: 'frame',
    commands: ['SUBSCRIBE'],
    check: (step) =>
      step.frame.headers.get('ack') === 'client-individual'
        ? { message: 'client-individual came with a later version', mark: markOf(step, 'ack') }
        : undefined,
  },
  {
    id: 'unsubscribe-unknown',
    point: 'P26',
    spec: 'UNSUBSCRIBE',
    severity: 'violation',
    fault: 'client',
    advice: 'End only what was subscribed on this connection, and once.',
    on: 'frame',
    commands: ['UNSUBSCRIBE'],
    check: (step, { subscriptions }) => {
      const { headers } = step.frame;
      const name = headers.get('id') ?? headers.get('destination');
      if (name === undefined || subscriptions.forgot || subscriptions.named(step) !== undefined)
        return undefined;
      return `there is no subscription ${quote(name)}`;
    },
  },
  {
    id: 'unsubscribe-by-one-name',
    point: 'P26',
    spec: 'UNSUBSCRIBE',
    severity: 'advice',
    fault: 'client',
    advice: 'Send id and destination: RabbitMQ wants the one, Stompserver the other.',
    once: true,
    on: 'frame',
    commands: ['UNSUBSCRIBE'],
    check: (step, { subscriptions }) => {
      const { headers } = step.frame;
      if (subscriptions.named(step)?.id === undefined) return undefined;
      if (headers.has('id') && headers.has('destination')) return undefined;
      return `UNSUBSCRIBE has no ${headers.has('id') ? 'destination' : 'id'}`;
    },
  },
];

/** What the broker delivers. */
const MESSAGE_RULES: readonly Rule[] = [
  {
    id: 'message-for-no-subscription',
    point: 'P30',
    spec: 'MESSAGE',
    severity: 'violation',
    fault: 'broker',
    advice: 'Deliver only to subscriptions of this connection.',
    on: 'frame',
    commands: ['MESSAGE'],
    check: (step, { subscriptions, phase }) => {
      if (phase !== 'connected' && phase !== 'leaving') return undefined;
      const { by } = subscriptions.match(step);
      if (by !== 'none' || subscriptions.ended(step) !== undefined || subscriptions.forgot) return undefined;
      const name = step.frame.headers.get('subscription') ?? step.frame.headers.get('destination');
      return `no subscription asked for ${quote(name)}`;
    },
  },
  {
    id: 'message-after-unsubscribe',
    point: 'P26',
    spec: 'UNSUBSCRIBE',
    severity: 'violation',
    fault: 'broker',
    advice: 'Deliver nothing once UNSUBSCRIBE has been confirmed.',
    on: 'frame',
    commands: ['MESSAGE'],
    check: (step, { subscriptions }) =>
      subscriptions.match(step).by === 'none' && subscriptions.ended(step)?.state === 'ended'
        ? 'the receipt of UNSUBSCRIBE has come before this'
        : undefined,
  },
  {
    id: 'subscription-header-missing',
    point: 'P30',
    spec: 'MESSAGE',
    severity: 'deviation',
    fault: 'broker',
    advice: 'Return the id of SUBSCRIBE as `subscription`: Stompserver does not.',
    once: true,
    on: 'frame',
    commands: ['MESSAGE'],
    check: (step, { subscriptions }) => {
      const { subscription } = subscriptions.match(step);
      if (subscription?.id === undefined || step.frame.headers.has('subscription')) return undefined;
      return `MESSAGE does not say that it is for ${quote(subscription.id)}`;
    },
  },
  {
    id: 'subscription-header-wrong',
    point: 'P30',
    spec: 'MESSAGE',
    severity: 'violation',
    fault: 'broker',
    advice: 'Put into `subscription` the id that SUBSCRIBE had, and nothing where it had none.',
    on: 'frame',
    commands: ['MESSAGE'],
    check: (step, { subscriptions }) => {
      const id = step.frame.headers.get('subscription');
      if (id === undefined || id.startsWith('/temp-queue/')) return undefined;
      if (subscriptions.match(step).by !== 'destination' || subscriptions.ended(step)) return undefined;
      return { message: `there is no subscription ${quote(id)}`, mark: markOf(step, 'subscription') };
    },
  },
  {
    id: 'destination-differs',
    point: 'P30',
    spec: 'MESSAGE',
    severity: 'dialect',
    fault: 'broker',
    advice: 'Dispatch by `subscription`, not by destination: this broker gives it another name.',
    once: true,
    on: 'frame',
    commands: ['MESSAGE'],
    check: (step, { subscriptions }) => {
      const { subscription, by } = subscriptions.match(step);
      const destination = step.frame.headers.get('destination');
      if (by !== 'id' || subscription === undefined || destination === undefined) return undefined;
      if (subscription.destination === destination || isPattern(subscription)) return undefined;
      const message = `subscribed was ${quote(subscription.destination)}, this is from ${quote(destination)}`;
      return { message, mark: markOf(step, 'destination') };
    },
  },
];

export const SUBSCRIPTION_RULES: readonly Rule[] = [...SUBSCRIBE_RULES, ...MESSAGE_RULES];
