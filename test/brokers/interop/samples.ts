import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory, removeDirectory } from '../rig/index.js';

/** A body that is sent each way. */
export interface Sample {
  /** The column of the tables. */
  readonly name: string;
  /** How a client is asked to send it: as text, or as bytes where it knows a difference. */
  readonly as: 'text' | 'bytes';
  readonly bytes: Buffer;
  readonly times: number;
  /** The file that holds these bytes. */
  readonly path: string;
}

const EVERY_BYTE = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
const LIKE_FRAMES = Buffer.from('\0\n\nMESSAGE\ncontent-length:3\n\n\0\0\r\n\0SEND\n\n');
const LARGE = Buffer.from(Array.from({ length: 256 * 1024 }, (_, at) => (at * at * 31 + (at >> 7)) & 0xff));

const BODIES = {
  text: { as: 'text', bytes: Buffer.from('one line\nand another: all of it ASCII.\n'), times: 10 },
  'UTF-8': { as: 'text', bytes: Buffer.from('Grüße, 世界, \u{1f600}\n€'), times: 10 },
  binary: { as: 'bytes', bytes: Buffer.concat([EVERY_BYTE, LIKE_FRAMES, EVERY_BYTE]), times: 10 },
  empty: { as: 'text', bytes: Buffer.alloc(0), times: 10 },
  '256 KiB': { as: 'bytes', bytes: LARGE, times: 3 },
} as const;

export const SAMPLE_NAMES = Object.keys(BODIES) as readonly (keyof typeof BODIES)[];

/** The samples, in files of a temporary directory. */
export function writeSamples(): { readonly samples: readonly Sample[]; remove(): void } {
  const directory = makeDirectory('interop');
  const samples = SAMPLE_NAMES.map((name, index) => {
    const path = join(directory, `body-${index}`);
    writeFileSync(path, BODIES[name].bytes);
    return { name, path, ...BODIES[name] };
  });
  return { samples, remove: () => removeDirectory(directory) };
}
