import { CLIENT_COMMANDS, SERVER_COMMANDS } from '../../frame/index.js';
import type { ByteRange } from '../types.js';
import type { Conversation } from './conversation.js';
import { quote, type Rule, type Told } from './rule.js';
import type { BrokenStep, FrameStep } from './step.js';

const ALL: ReadonlySet<string> = new Set([...CLIENT_COMMANDS, ...SERVER_COMMANDS]);
const LATER: ReadonlySet<string> = new Set(['NACK', 'STOMP']);
const BODIES: ReadonlySet<string> = new Set(['SEND', 'MESSAGE', 'ERROR']);
const MAX_BROKER_LINE = 10_240;

/** The offending byte of a stream that broke, and whether it was where a command should be. */
function at({ error, offset, bytes }: BrokenStep): { byte: number | undefined; mark: ByteRange | undefined } {
  if (error.offset === undefined) return { byte: undefined, mark: undefined };
  const from = error.offset - offset;
  return { byte: bytes[from], mark: from < bytes.length ? [from, from + 1] : undefined };
}

/** The frame right before said nothing about its length, and had a body: its NUL may have been inside that. */
function behindUncounted(step: BrokenStep, talk: Conversation): boolean {
  const { last } = talk.flows[step.direction];
  return last !== undefined && !last.counted && last.hasBody && step.error.offset === last.end;
}

function broken(
  code: string,
  wanted: (byte: number | undefined, step: BrokenStep, talk: Conversation) => boolean,
  message: (step: BrokenStep) => string,
): (step: BrokenStep, talk: Conversation) => Told {
  return (step, talk) => {
    if (step.error.code !== code) return undefined;
    const { byte, mark } = at(step);
    return wanted(byte, step, talk) ? { message: message(step), mark } : undefined;
  };
}

const isBlank = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x09;
const says = ({ error }: BrokenStep): string => error.message;

function commandMark(step: FrameStep): ByteRange {
  return [0, step.command.length];
}

/** The shape of frames and of the bytes between them. */
export const WIRE_RULES: readonly Rule[] = [
  {
    id: 'not-stomp',
    point: 'P3',
    spec: 'Augmented BNF',
    severity: 'violation',
    fault: 'sender',
    advice: 'Check host and port, and whether TLS is meant to be spoken there.',
    on: 'broken',
    check: broken('STOMP_FRAME_NOT_STOMP', () => true, says),
  },
  {
    id: 'bad-command-line',
    point: 'P3',
    spec: 'Augmented BNF',
    severity: 'violation',
    fault: 'sender',
    advice: 'Begin each frame with a command alone on its line.',
    on: 'broken',
    check: broken(
      'STOMP_FRAME_BAD_COMMAND',
      (byte, step, talk) => byte !== 0 && !isBlank(byte) && !behindUncounted(step, talk),
      says,
    ),
  },
  {
    id: 'nul-between-frames',
    point: 'P4',
    spec: 'Augmented BNF',
    severity: 'violation',
    fault: 'sender',
    advice: 'End a frame with one NUL; only line feeds may follow it.',
    on: 'broken',
    check: broken(
      'STOMP_FRAME_BAD_COMMAND',
      (byte, step, talk) => byte === 0 && !behindUncounted(step, talk),
      () => 'a NUL stands where a frame should begin',
    ),
  },
  {
    id: 'blank-between-frames',
    point: 'P4',
    spec: 'Augmented BNF',
    severity: 'violation',
    fault: 'sender',
    advice: 'Put nothing but line feeds between frames.',
    on: 'broken',
    check: broken(
      'STOMP_FRAME_BAD_COMMAND',
      (byte, step, talk) => isBlank(byte) && !behindUncounted(step, talk),
      () => 'a blank stands where a frame should begin',
    ),
  },
  {
    id: 'body-cut-at-nul',
    point: 'P15',
    spec: 'SEND',
    severity: 'violation',
    fault: 'sender',
    advice: 'Send content-length with a body that holds a NUL.',
    on: 'broken',
    check: broken(
      'STOMP_FRAME_BAD_COMMAND',
      (_, step, talk) => behindUncounted(step, talk),
      () => {
        return 'the body before had no content-length, so its first NUL ended the frame, and this follows';
      },
    ),
  },
  {
    id: 'unknown-command',
    point: 'P3',
    spec: 'Augmented BNF',
    severity: 'violation',
    fault: 'sender',
    advice: 'Send only the commands of STOMP 1.0.',
    on: 'frame',
    check: (step) => {
      const { command } = step;
      if (ALL.has(command) || LATER.has(command) || ALL.has(command.toUpperCase())) return undefined;
      return { message: `${quote(command)} is no command of STOMP 1.0`, mark: commandMark(step) };
    },
  },
  {
    id: 'command-of-later-version',
    point: 'P3',
    spec: 'Augmented BNF',
    severity: 'dialect',
    fault: 'client',
    advice: 'Use CONNECT for STOMP, and leave NACK to sessions of 1.1.',
    on: 'frame',
    check: (step) =>
      LATER.has(step.command)
        ? { message: `${step.command} came with a later version`, mark: commandMark(step) }
        : undefined,
  },
  {
    id: 'lower-case-command',
    point: 'P3',
    spec: 'Augmented BNF',
    severity: 'violation',
    fault: 'sender',
    advice: 'Write commands in capitals.',
    on: 'frame',
    check: (step) => {
      const { command } = step;
      if (ALL.has(command) || !ALL.has(command.toUpperCase())) return undefined;
      return { message: `${command} is not in capitals`, mark: commandMark(step) };
    },
  },
  {
    id: 'wrong-way-command',
    point: 'P3',
    spec: 'Augmented BNF',
    severity: 'violation',
    fault: 'sender',
    advice: 'Leave server frames to the broker and client frames to the client.',
    on: 'frame',
    check: (step) => {
      const words: readonly string[] = step.direction === 'to-broker' ? SERVER_COMMANDS : CLIENT_COMMANDS;
      if (!words.includes(step.command)) return undefined;
      return { message: `${step.command} goes the other way`, mark: commandMark(step) };
    },
  },
  {
    id: 'body-where-none-belongs',
    point: 'P1',
    spec: 'opening',
    severity: 'deviation',
    fault: 'sender',
    advice: 'Leave the body of this frame empty.',
    on: 'frame',
    check: ({ command, frame, head, bytes }) => {
      if (frame.body.length === 0 || BODIES.has(command) || !ALL.has(command)) return undefined;
      return {
        message: `${command} has a body of ${frame.body.length} bytes`,
        mark: [head.bodyAt, bytes.length - 1],
      };
    },
  },
  {
    id: 'crlf-in-frame',
    point: 'P5',
    spec: 'Augmented BNF',
    severity: 'dialect',
    fault: 'sender',
    advice: 'End lines with LF: with Stompserver a frame of CRLF lines never ends.',
    once: true,
    on: 'frame',
    check: ({ head }) => {
      if (!head.crlf && !head.lines.some((line) => line.crlf)) return undefined;
      return 'lines of the head end with CR LF';
    },
  },
  {
    id: 'crlf-between-frames',
    point: 'P4',
    spec: 'Augmented BNF',
    severity: 'dialect',
    fault: 'sender',
    advice: 'Put plain line feeds between frames.',
    once: true,
    on: 'gap',
    check: ({ bytes }) => {
      const cr = bytes.indexOf(0x0d);
      return cr < 0 ? undefined : { message: 'a CR stands between frames', mark: [cr, cr + 1] };
    },
  },
  {
    id: 'eol-before-first-frame',
    point: 'P4',
    spec: 'Augmented BNF',
    severity: 'deviation',
    fault: 'sender',
    advice: 'Begin the stream with a command: line ends may follow a frame, not come before the first.',
    on: 'gap',
    check: ({ offset, bytes }) =>
      offset === 0 && !bytes.includes(0x0d) ? 'the stream begins with line ends' : undefined,
  },
  {
    id: 'line-feeds-as-heart-beat',
    point: 'P28',
    spec: 'silent',
    severity: 'dialect',
    fault: 'sender',
    advice: 'Do not beat in a session of 1.0: nobody asked for it, and some readers count the line feeds.',
    once: true,
    on: 'gap',
    check: ({ direction }, talk) => {
      const beats = talk.flows[direction].extraEols;
      return talk.phase === 'connected' && beats >= 3
        ? `line feeds come again and again between frames`
        : undefined;
    },
  },
  {
    id: 'truncated-frame',
    point: 'P19',
    spec: 'silent',
    severity: 'violation',
    fault: 'sender',
    advice: 'Send the whole frame, with its NUL, before the socket is closed.',
    on: 'broken',
    check: ({ error }) =>
      error.code === 'STOMP_FRAME_TRUNCATED' ? 'the stream ended inside a frame' : undefined,
  },
  {
    id: 'frame-too-large',
    point: 'P17',
    spec: 'silent',
    severity: 'deviation',
    fault: 'sender',
    advice: 'Keep frames within what readers take, or raise the limits on both sides.',
    on: 'broken',
    check: broken('STOMP_FRAME_TOO_LARGE', () => true, says),
  },
  {
    id: 'header-line-long',
    point: 'P17',
    spec: 'silent',
    severity: 'advice',
    fault: 'sender',
    advice: 'Move what is long into the body: ActiveMQ refuses header lines above 10 KiB.',
    on: 'frame',
    check: ({ head }) => {
      const long = head.lines.find(({ at: [start, end] }) => end - start > MAX_BROKER_LINE);
      if (long === undefined) return undefined;
      return {
        message: `the header ${quote(long.name)} has ${long.at[1] - long.at[0]} bytes`,
        mark: long.at,
      };
    },
  },
];
