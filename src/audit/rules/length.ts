import { readFrameHead } from './lines.js';
import { quote, type Rule, type Told } from './rule.js';
import type { BrokenStep } from './step.js';

const BAD = 'STOMP_FRAME_BAD_CONTENT_LENGTH';

function values({ bytes }: BrokenStep): string[] {
  const { lines } = readFrameHead(bytes);
  return lines
    .filter(({ name }) => name.trim() === 'content-length')
    .map(({ value }) => (value ?? '').trim());
}

/** What the length was meant to count, where it is not bytes. */
function countsCharacters({ bytes }: BrokenStep): boolean {
  const { lines, bodyAt } = readFrameHead(bytes);
  const said = Number(lines.find(({ name }) => name.trim() === 'content-length')?.value);
  const nul = bytes.indexOf(0, bodyAt);
  if (nul < 0) return false;
  const body = bytes.toString('utf8', bodyAt, nul);
  return nul - bodyAt !== said && (body.length === said || [...body].length === said);
}

function missingNul(characters: boolean): (step: BrokenStep) => Told {
  return (step) => {
    const { error, offset, bytes } = step;
    if (error.code !== 'STOMP_FRAME_MISSING_NUL' || countsCharacters(step) !== characters) return undefined;
    const at = (error.offset ?? offset) - offset;
    const message = characters ? 'content-length counts characters, not bytes' : error.message;
    return { message, mark: at < bytes.length ? [at, at + 1] : undefined };
  };
}

/** content-length against the bytes of the body. */
export const LENGTH_RULES: readonly Rule[] = [
  {
    id: 'content-length-not-a-number',
    point: 'P14',
    spec: 'SEND',
    severity: 'violation',
    fault: 'sender',
    advice: 'Write content-length in digits alone.',
    on: 'broken',
    check: (step) => {
      const bad = values(step).find((value) => !/^[0-9]+$/.test(value));
      return step.error.code === BAD && bad !== undefined ? `content-length is ${quote(bad)}` : undefined;
    },
  },
  {
    id: 'content-lengths-differ',
    point: 'P14',
    spec: 'SEND',
    severity: 'violation',
    fault: 'sender',
    advice: 'Write content-length once.',
    on: 'broken',
    check: (step) => {
      const said = values(step);
      const readable = said.every((value) => /^[0-9]+$/.test(value));
      return step.error.code === BAD && readable ? `content-length is ${said.join(' and ')}` : undefined;
    },
  },
  {
    id: 'content-length-mismatch',
    point: 'P14',
    spec: 'SEND',
    severity: 'violation',
    fault: 'sender',
    advice: 'Count the bytes of the body as they are written, and end it with a NUL.',
    on: 'broken',
    check: missingNul(false),
  },
  {
    id: 'content-length-in-characters',
    point: 'P13',
    spec: 'SEND',
    severity: 'violation',
    fault: 'sender',
    advice: 'Count the bytes of the encoded body, not the characters of the text.',
    on: 'broken',
    check: missingNul(true),
  },
  {
    id: 'body-without-content-length',
    point: 'P13',
    spec: 'SEND',
    severity: 'advice',
    fault: 'client',
    advice: 'Send content-length with each body, unless ActiveMQ is to make a text message of it.',
    once: true,
    on: 'frame',
    commands: ['SEND'],
    check: ({ frame, head, bytes }) => {
      if (frame.body.length === 0 || frame.headers.has('content-length')) return undefined;
      return { message: 'a body without content-length', mark: [head.bodyAt, bytes.length - 1] };
    },
  },
];
