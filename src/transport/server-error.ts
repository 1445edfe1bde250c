import { SessionError, type SessionErrorCode } from '../errors.js';
import { Frame } from '../frame/frame.js';

const LONGEST_EXCERPT = 300;
/** Errors are kept, some of them by the hundred: what they keep of a body is bounded. */
const LONGEST_BODY = 65_536;

/** An ERROR frame as an error. Its text is quoted, never interpreted. */
export function serverError(code: SessionErrorCode, endpoint: string, frame: Frame): SessionError {
  const summary = frame.headers.get('message') ?? '';
  const detail = frame.body.toString('utf8', 0, LONGEST_EXCERPT).split('\n', 1)[0]!.trim();
  const text = [summary, detail].filter((part, i, all) => part !== '' && all.indexOf(part) === i).join(': ');
  const receiptId = frame.headers.get('receipt-id');
  return new SessionError(code, `${endpoint} answered ERROR: ${text || '(no text)'}`, {
    frame: shortened(frame),
    receiptId,
  });
}

function shortened(frame: Frame): Frame {
  if (frame.body.length <= LONGEST_BODY) return frame;
  const body = Buffer.from(frame.body.subarray(0, LONGEST_BODY));
  return new Frame(frame.command, frame.headers, body, frame.offset, frame.byteLength);
}
