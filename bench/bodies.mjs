const UNITS = {
  ascii: Buffer.from('abcdefghijklmnopqrstuvwxyz0123456789'),
  utf8: Buffer.from('ä€😀.'),
  binary: Buffer.from([0, 1, 10, 10, 0, 10, 97, 0, 0, 255, 13, 10, 58, 0, 122, 0]),
};

/**
 * The body of message `index`, the same as native/frames.h builds: eight digits, whole units of a pattern, then dots.
 * @param {'ascii' | 'utf8' | 'binary'} kind
 * @param {number} size bytes
 * @param {number} index
 */
export function makeBody(kind, size, index) {
  const unit = UNITS[kind];
  const body = Buffer.alloc(size, '.');
  body.write(String(index).padStart(8, '0').slice(0, size), 'latin1');
  for (let at = 8; at + unit.length <= size; at += unit.length) unit.copy(body, at);
  return body;
}

/** The id that native/server.c gives to message `index` of its block. */
export function makeMessageId(index) {
  return `ID:broker.example-41793-1700000000000-2:1:-1:1:${String(index).padStart(8, '0')}`;
}
