import { quote, type Rule, type SpecSection } from './rule.js';
import type { FrameStep } from './step.js';

type Row = readonly [command: string, header: string, spec: SpecSection, advice: string];

const CLIENT_ROWS: readonly Row[] = [
  ['SEND', 'destination', 'SEND', 'Say where the body is to go.'],
  ['SUBSCRIBE', 'destination', 'SUBSCRIBE', 'Say what to subscribe to.'],
  ['BEGIN', 'transaction', 'BEGIN', 'Give the transaction an id.'],
  ['COMMIT', 'transaction', 'COMMIT', 'Say which transaction to commit.'],
  ['ABORT', 'transaction', 'ABORT', 'Say which transaction to abort.'],
  ['ACK', 'message-id', 'ACK', 'Say which message is acknowledged.'],
];

const BROKER_ROWS: readonly Row[] = [
  ['MESSAGE', 'destination', 'MESSAGE', 'Say where the message was sent to.'],
  [
    'MESSAGE',
    'message-id',
    'MESSAGE',
    'Give each message an id, whatever the ack mode: Stompserver does not.',
  ],
  ['RECEIPT', 'receipt-id', 'RECEIPT', 'Say which frame is confirmed.'],
];

const DIRECTIONS = { client: 'to-broker', broker: 'to-client' } as const;

function missing(side: 'client' | 'broker', [command, header, spec, advice]: Row): Rule {
  return {
    id: `${command.toLowerCase()}-without-${header}`,
    point: 'P20',
    spec,
    severity: 'violation',
    fault: side,
    advice,
    on: 'frame',
    commands: [command],
    check: ({ direction, frame }) =>
      direction === DIRECTIONS[side] && !frame.headers.has(header)
        ? `${command} has no ${header}`
        : undefined,
  };
}

const CLIENT_VALUES = ['destination', 'transaction', 'message-id', 'receipt', 'id'];

function emptyValue({ direction, frame, head }: FrameStep): string | undefined {
  if (direction !== 'to-broker') return undefined;
  const line = head.lines.find(
    ({ name, value }) => value?.trim() === '' && CLIENT_VALUES.includes(name.trim()),
  );
  return line && frame.headers.get(line.name.trim()) === '' ? line.name.trim() : undefined;
}

/** Headers that a frame cannot do without. */
export const REQUIRED_RULES: readonly Rule[] = [
  ...CLIENT_ROWS.map((row) => missing('client', row)),
  ...BROKER_ROWS.map((row) => missing('broker', row)),
  {
    id: 'unsubscribe-without-target',
    point: 'P26',
    spec: 'UNSUBSCRIBE',
    severity: 'violation',
    fault: 'client',
    advice: 'Name the subscription by its id, its destination, or both.',
    on: 'frame',
    commands: ['UNSUBSCRIBE'],
    check: ({ frame }) =>
      frame.headers.has('id') || frame.headers.has('destination')
        ? undefined
        : 'UNSUBSCRIBE has neither id nor destination',
  },
  {
    id: 'error-without-message',
    point: 'P23',
    spec: 'ERROR',
    severity: 'deviation',
    fault: 'broker',
    advice: 'Say in the `message` header what went wrong.',
    on: 'frame',
    commands: ['ERROR'],
    check: ({ frame }) => (frame.headers.has('message') ? undefined : 'ERROR has no message header'),
  },
  {
    id: 'required-header-empty',
    point: 'P20',
    spec: 'silent',
    severity: 'deviation',
    fault: 'client',
    advice: 'Give the header a value.',
    on: 'frame',
    check: (step) => {
      const name = emptyValue(step);
      if (name === undefined) return undefined;
      const line = step.head.lines.find((one) => one.name.trim() === name);
      return { message: `the header ${name} is empty`, mark: line?.at };
    },
  },
  {
    id: 'message-id-in-send',
    point: 'P22',
    spec: 'SEND',
    severity: 'deviation',
    fault: 'client',
    advice: 'Leave message-id to the broker: RabbitMQ refuses the SEND, ActiveMQ replaces it.',
    on: 'frame',
    commands: ['SEND'],
    check: ({ head }) => {
      const line = head.lines.find(({ name }) => name.trim() === 'message-id');
      return line && { message: `SEND carries message-id ${quote(line.value)}`, mark: line.at };
    },
  },
  {
    id: 'number-header-not-a-number',
    point: 'P22',
    spec: 'silent',
    severity: 'advice',
    fault: 'client',
    advice: 'Write priority and expires in digits: ActiveMQ closes the connection on anything else.',
    on: 'frame',
    commands: ['SEND'],
    check: ({ head }) => {
      const line = head.lines.find(
        ({ name, value }) =>
          /^(priority|expires)$/.test(name.trim()) && !/^-?[0-9]+$/.test(value?.trim() ?? ''),
      );
      return line && { message: `${line.name.trim()} is ${quote(line.value)}`, mark: line.at };
    },
  },
];
