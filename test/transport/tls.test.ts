import { readFileSync } from 'node:fs';
import type { TlsOptions as ServerTls } from 'node:tls';
import { describe, expect, it } from 'vitest';
import type { TransportError } from '../../src/errors.js';
import { Connection } from '../../src/transport/connection.js';
import type { TlsOptions } from '../../src/transport/endpoint.js';
import { ScriptedBroker, type ScriptedPeer, welcome } from '../support/scripted-broker.js';
import { reasonOf } from './support.js';

const pem = (name: string): string =>
  readFileSync(new URL(`../support/certs/${name}`, import.meta.url), 'latin1');
const pair = (name: string): { cert: string; key: string } => ({
  cert: pem(`${name}.pem`),
  key: pem(`${name}.key`),
});
const ca = pem('ca.pem');
const mutual: ServerTls = { ...pair('server'), ca, requestCert: true, rejectUnauthorized: true };

/** How a connection to such a server ends, or `connected`. */
async function outcome(
  server: ServerTls | undefined,
  tls: boolean | TlsOptions,
  host = '127.0.0.1',
  onPeer: (peer: ScriptedPeer) => void = welcome,
): Promise<TransportError | 'connected'> {
  await using broker = await ScriptedBroker.listen(onPeer, server);
  const options = { connectTimeoutMs: 5000 };
  try {
    const connection = await Connection.open(
      { host, port: broker.port, tls, login: 'me', passcode: 'S3NTINEL' },
      options,
    );
    const published = connection.publish('/queue/a', Buffer.alloc(200_000, 'x'));
    await published;
    await connection.disconnect();
    return 'connected';
  } catch (error) {
    expect((error as Error).message).not.toContain('S3NTINEL');
    // Nothing falls back to a connection that is not what was asked for.
    expect(broker.peers.map(({ received }) => received).join('')).not.toContain('S3NTINEL');
    return error as TransportError;
  }
}

describe('TLS that is good', () => {
  it.each<[string, ServerTls, TlsOptions, string?]>([
    ['by name', pair('server'), { ca }, 'localhost'],
    ['by address', pair('server'), { ca }, '127.0.0.1'],
    ['TLS 1.2', { ...pair('server'), maxVersion: 'TLSv1.2' }, { ca }],
    ['a name that is not the host', pair('wrong-name'), { ca, servername: 'elsewhere.example' }],
    ['with a client certificate', mutual, { ca, ...pair('client') }],
    ['unverified, when that is asked for', pair('unknown-ca'), { rejectUnauthorized: false }],
    ['several authorities', pair('server'), { ca: [pem('other-ca.pem'), ca] }],
  ])('%s', async (_, server, tls, host) => {
    expect(await outcome(server, tls, host)).toBe('connected');
  });
});

describe('TLS that is not: each a distinct error, no fallback', () => {
  it.each<[string, ServerTls, TlsOptions | true, string]>([
    ['wrong CA', pair('unknown-ca'), { ca }, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['no CA of ours', pair('server'), true, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['wrong name', pair('wrong-name'), { ca }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['expired', pair('expired'), { ca }, 'CERT_HAS_EXPIRED'],
    [
      'too old a version',
      { ...pair('server'), maxVersion: 'TLSv1.2' },
      { ca, minVersion: 'TLSv1.3' },
      'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
    ],
    ['missing client certificate', mutual, { ca }, 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'],
    [
      'missing client certificate, TLS 1.2',
      { ...mutual, maxVersion: 'TLSv1.2' },
      { ca },
      'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
    ],
  ])('%s', async (_, server, tls, cause) => {
    const error = await outcome(server, tls);
    expect(error).toMatchObject({ code: 'STOMP_TLS_FAILED', cause: { code: cause } });
  });

  it('client certificate of an unknown CA, from a server that closes without an alert', async () => {
    const error = await outcome(mutual, { ca, ...pair('unknown-client') });
    expect(error).toMatchObject({ code: 'STOMP_CONNECT_CLOSED' });
  });

  it('plaintext server on the TLS port', async () => {
    const error = await outcome(undefined, { ca }, '127.0.0.1', (peer) => {
      peer.socket.once('data', () => peer.write('ERROR\nmessage:what?\n\n\0'));
    });
    expect(error).toMatchObject({ code: 'STOMP_TLS_FAILED' });
  });

  it('plaintext server that closes at once (RabbitMQ)', async () => {
    const error = await outcome(undefined, { ca }, '127.0.0.1', (peer) => {
      peer.socket.once('data', () => peer.socket.end());
    });
    expect(error).toMatchObject({ code: 'STOMP_TLS_FAILED' });
  });

  it('TLS server on the plain port: its alert is no STOMP', async () => {
    await using broker = await ScriptedBroker.listen(welcome, pair('server'));
    const error = await reasonOf(Connection.open({ host: '127.0.0.1', port: broker.port }));
    expect(error?.code).toMatch(/^STOMP_(FRAME_NOT_STOMP|CONNECT_CLOSED)$/);
  });

  it.each<[string, TlsOptions]>([
    ['a certificate', { cert: 'not PEM', key: 'not PEM' }],
    ['a key that does not fit its certificate', { cert: pem('client.pem'), key: pem('server.key') }],
  ])('%s that cannot be used', async (_, tls) => {
    const error = await outcome(pair('server'), tls);
    expect(error).toMatchObject({ code: 'STOMP_TLS_FAILED' });
  });
});
