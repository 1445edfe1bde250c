import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import type { Endpoint } from '../transport/endpoint.js';

/** What a TLS server presents. */
export interface TlsLook {
  readonly protocol: string | null;
  readonly cipher: string | null;
  /** Its certificate is one that the client would trust. */
  readonly verified: boolean;
  /** Why not. */
  readonly reason?: string | undefined;
  /** The common name of the certificate. */
  readonly subject: string | null;
  /** The day after which it is not valid any more, as ISO 8601. */
  readonly validTo: string | null;
}

/**
 * Looks at the TLS of an endpoint on a connection of its own, which says nothing: it sees also what a client refuses
 * to talk to. Undefined when TLS does not come about.
 */
export function lookAtTls(
  { host, port, tls }: Endpoint,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<TlsLook | undefined> {
  const given = Object.fromEntries(Object.entries(tls ?? {}).filter(([, value]) => value !== undefined));
  const servername = tls?.servername ?? (isIP(host) === 0 ? host : undefined);
  const name = servername === undefined ? {} : { servername };
  return new Promise((resolve) => {
    const socket = connect({ ...given, ...name, host, port, rejectUnauthorized: false });
    const end = (look?: TlsLook) => {
      socket.destroy();
      signal.removeEventListener('abort', onAbort);
      resolve(look);
    };
    const onAbort = () => end();
    signal.addEventListener('abort', onAbort, { once: true });
    socket.setTimeout(timeoutMs, () => end());
    socket.once('error', () => end());
    socket.once('secureConnect', () => end(lookOf(socket)));
  });
}

function lookOf(socket: TLSSocket): TlsLook {
  const certificate = socket.getPeerCertificate();
  const reason = socket.authorizationError as unknown;
  const until = new Date(certificate?.valid_to ?? '');
  return {
    protocol: socket.getProtocol(),
    cipher: socket.getCipher()?.standardName ?? null,
    verified: socket.authorized,
    ...(reason !== null && reason !== undefined && { reason: String((reason as Error).message ?? reason) }),
    subject: [certificate?.subject?.CN ?? null].flat()[0] ?? null,
    validTo: Number.isNaN(until.getTime()) ? null : until.toISOString().slice(0, 10),
  };
}
