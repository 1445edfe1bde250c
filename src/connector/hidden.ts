const HIDDEN = '[secret]';

/**
 * A copy of the bytes of a PEM file that does not print: a private key is no less a secret than a password.
 * It is a Buffer like any other for those who use it; `toString` with an encoding still gives the text.
 */
export function hiddenBytes(bytes: string | Uint8Array): Buffer {
  const buffer = Buffer.from(bytes as Uint8Array);
  const hide = (name: PropertyKey, value: unknown) => Object.defineProperty(buffer, name, { value });
  hide('toJSON', () => HIDDEN);
  hide(Symbol.for('nodejs.util.inspect.custom'), () => HIDDEN);
  hide('toString', (...range: [BufferEncoding?, number?, number?]) =>
    range[0] === undefined ? HIDDEN : Buffer.prototype.toString.apply(buffer, range),
  );
  return buffer;
}
