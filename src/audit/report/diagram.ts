import { escapeBytes, hidePasscodes } from '../excerpt.js';
import { type Walked, walk } from '../frames.js';
import type { FrameItem, StreamItem } from '../stream.js';
import type { Direction, Finding, TranscriptRecord } from '../types.js';
import { escapeMarkup } from './escape.js';
import { hexMarkup } from './hex.js';

export interface DiagramOptions {
  /** Frames that are drawn; of those behind, only the ones with findings are. */
  readonly maxFrames: number;
  /** Bytes of a body that are shown. */
  readonly maxBodyBytes: number;
}

/** A finding and its number in the list. */
export type Numbered = readonly [finding: Finding, number: number];

/** Rows that a browser lays out together, when they come into view. */
const CHUNK = 50;
const ROW_PX = 28;
const HEAD_BYTES = 4096;

/** Headers that say what a frame is about, first come first shown. */
const TELLING = [
  'destination',
  'message-id',
  'receipt-id',
  'receipt',
  'transaction',
  'message',
  'login',
  'session',
];

/** The conversation as rows of a sequence diagram: one section for each connection. */
export function* drawDiagram(
  records: Iterable<TranscriptRecord>,
  findings: readonly Finding[],
  options: DiagramOptions,
): Generator<string, void, undefined> {
  const marks = new Marks(findings);
  const sections = new Map<number, Section>();
  let frames = 0;
  for (const walked of walk(records)) {
    const { connection } = walked.record;
    let section = sections.get(connection);
    if (section === undefined) {
      section = new Section(walked.record);
      sections.set(connection, section);
    }
    const flags = marks.take(walked);
    if (walked.item?.kind === 'frame') frames++;
    if (frames > options.maxFrames && flags.length === 0 && walked.item !== undefined) section.skipped++;
    else if (walked.item?.kind !== 'gap' || flags.length > 0) section.add(walked, flags, options);
  }
  for (const section of sections.values()) yield* section.markup();
}

/** Findings by where they are. */
class Marks {
  readonly #at = new Map<string, Numbered[]>();
  readonly #silent = new Map<number, Numbered[]>();

  constructor(findings: readonly Finding[]) {
    for (const [number, finding] of findings.entries()) this.#add([finding, number]);
  }

  #add(numbered: Numbered): void {
    const [{ connection, direction, offset, record }] = numbered;
    const known = direction === undefined || offset === undefined;
    const map: Map<unknown, Numbered[]> = known ? this.#silent : this.#at;
    const key = known ? record : `${connection} ${direction}`;
    const list = map.get(key);
    if (list === undefined) map.set(key, [numbered]);
    else list.push(numbered);
  }

  take({ record, index, item }: Walked): Numbered[] {
    const silent = this.#silent.get(index) ?? [];
    this.#silent.delete(index);
    if (record.kind !== 'bytes' || item === undefined) return silent;
    const list = this.#at.get(`${record.connection} ${record.direction}`) ?? [];
    const end = item.offset + Math.max(1, item.bytes.length);
    return [...silent, ...list.filter(([{ offset = -1 }]) => offset >= item.offset && offset < end)];
  }
}

class Section {
  readonly #connection: number;
  readonly #endpoint: string;
  readonly #startMs: number;
  readonly #rows: string[] = [];
  skipped = 0;

  constructor(first: TranscriptRecord) {
    this.#connection = first.connection;
    this.#endpoint = first.kind === 'open' ? first.endpoint : 'stomp://unknown';
    this.#startMs = first.atMs;
  }

  add(walked: Walked, flags: readonly Numbered[], options: DiagramOptions): void {
    const { record, item } = walked;
    const time = `<span class="time">${((record.atMs - this.#startMs) / 1000).toFixed(3)} s</span>`;
    if (record.kind !== 'bytes' || item === undefined) this.#rows.push(event(record, time, flags));
    else this.#rows.push(arrow(item, record.direction, time, flags, options));
  }

  *markup(): Generator<string, void, undefined> {
    yield `<section><h3>Connection ${this.#connection} <span class="dim">${escapeMarkup(this.#endpoint)}</span></h3>\n`;
    yield '<div class="lanes"><span></span><div><span class="lane client">client</span>';
    yield '<span class="lane broker">broker</span></div></div>\n';
    for (let at = 0; at < this.#rows.length; at += CHUNK) {
      const rows = this.#rows.slice(at, at + CHUNK);
      const size = rows.length * ROW_PX;
      yield `<div class="chunk" style="contain-intrinsic-size:auto ${size}px">\n${rows.join('')}</div>\n`;
    }
    if (this.skipped > 0)
      yield `<p class="dim">${this.skipped} more frames without findings are not drawn.</p>\n`;
    yield '</section>\n';
  }
}

function event(record: TranscriptRecord, time: string, flags: readonly Numbered[]): string {
  const text =
    record.kind === 'open'
      ? `opened to ${record.endpoint}`
      : record.kind === 'close'
        ? closing(record.by, record.error)
        : record.kind === 'note'
          ? record.text
          : '';
  const label = `<span class="label">${escapeMarkup(text)}</span>`;
  const marks = flags.map(flag).join('');
  return `<div class="event ${record.kind}">${time}<span class="wire">${label}${marks}</span></div>\n`;
}

function closing(by: string | undefined, error: string | undefined): string {
  const who = by === undefined ? 'closed' : `closed by the ${by}`;
  return error === undefined ? who : `${who}: ${error}`;
}

function arrow(
  item: StreamItem,
  direction: Direction,
  time: string,
  flags: readonly Numbered[],
  options: DiagramOptions,
): string {
  const way = direction === 'to-broker' ? 'out' : 'in';
  const bad = item.kind === 'broken' || item.kind === 'lost' ? ' bad' : '';
  const label = `<span class="label">${item.kind === 'frame' ? frameLabel(item) : otherLabel(item)}</span>`;
  const marks = flags.map(flag).join('');
  const inside = item.kind === 'frame' ? frameInside(item, options) : hexInside(item);
  return `<details class="row frame ${way}${bad}"><summary>${time}<span class="wire">${label}${marks}</span></summary><div class="inside">${inside}</div></details>\n`;
}

function flag([{ severity, rule }, number]: Numbered): string {
  return `<a class="flag ${severity}" id="at-${number}" href="#finding-${number}">${escapeMarkup(rule)}</a>`;
}

function frameLabel({ frame }: FrameItem): string {
  const { command, headers, body } = frame;
  const name = TELLING.find((one) => headers.has(one));
  const value = name === undefined ? '' : ` ${escapeMarkup((headers.get(name) ?? '').slice(0, 80))}`;
  const size = body.length === 0 ? '' : ` <span class="dim">${body.length} B</span>`;
  return `<b>${escapeMarkup(command)}</b>${value}${size}`;
}

function otherLabel({ kind, bytes }: StreamItem): string {
  const what = { frame: '', gap: 'line ends', broken: 'no frame', lost: 'unreadable' }[kind];
  return `<b>${what}</b> <span class="dim">${bytes.length} B</span>`;
}

function frameInside({ frame, bytes }: FrameItem, { maxBodyBytes }: DiagramOptions): string {
  const { body } = frame;
  const head = hidePasscodes(bytes.subarray(0, Math.min(bytes.length - body.length - 1, HEAD_BYTES)));
  const shown = body.subarray(0, maxBodyBytes);
  const rest = body.length - shown.length;
  const more = rest > 0 ? `<p class="dim">and ${rest} bytes more</p>` : '';
  const text = shown.length === 0 ? '' : `<pre class="body">${escapeMarkup(bodyText(shown))}</pre>${more}`;
  return `<pre>${escapeMarkup(head.toString('utf8').trimEnd())}</pre>${text}`;
}

/** Text as text, with its lines; anything else escaped. */
function bodyText(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return /[\x00-\x08\x0b-\x1f\ufffd]/.test(text) ? escapeBytes(bytes) : text;
}

function hexInside({ bytes, offset }: StreamItem): string {
  return `<pre>${hexMarkup(hidePasscodes(bytes.subarray(0, 512)), offset, undefined)}</pre>`;
}
