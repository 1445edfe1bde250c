/** The four bytes that give a frame its shape, and the two blanks that are trimmed around values. */
export const NUL = 0x00;
export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SPACE = 0x20;
export const COLON = 0x3a;

const NON_ASCII = /[^\x00-\x7f]/;

/**
 * A "wire string" holds one byte in each character (latin1). Header blocks are kept as wire strings:
 * cheap to search, and every byte can be had back, whatever the broker's encoding was.
 */
export function toWire(text: string): string {
  return NON_ASCII.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
}

/** A wire string read as UTF-8; bytes that are not UTF-8 become U+FFFD here and stay intact in the wire string. */
export function fromWire(wire: string): string {
  return NON_ASCII.test(wire) ? Buffer.from(wire, 'latin1').toString('utf8') : wire;
}
