import { expect } from 'vitest';
import type { StompError } from '../../src/errors.js';
import type { Observer } from '../../src/frame/observer.js';
import { connect, type Pool, type PoolOptions } from '../../src/pool/index.js';
import type { EndpointInit } from '../../src/transport/endpoint.js';
import { ScriptedBroker, type ScriptedPeer, welcome } from '../support/scripted-broker.js';

export const MIB = 1_048_576;
export const CONNECTED = 'CONNECTED\nsession:s-1\n\n\0\n';

/** Writes the same over and over, as fast as it is taken, until the connection is gone. Gives how much was taken. */
export function flood(peer: ScriptedPeer, first: string, piece: string): { readonly bytes: number } {
  const chunk = Buffer.from(piece.repeat(Math.ceil(65_536 / piece.length)), 'latin1');
  const { socket } = peer;
  peer.write(first);
  const pour = (): void => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on('drain', pour);
  pour();
  return {
    get bytes() {
      return socket.bytesWritten - socket.writableLength;
    },
  };
}

/** One byte after the other, until the connection is gone or nothing is left. */
export function drip(peer: ScriptedPeer, text: string, everyMs: number): void {
  let at = 0;
  const timer = setInterval(() => {
    if (peer.socket.destroyed || at === text.length) clearInterval(timer);
    else peer.write(text[at++]!);
  }, everyMs);
}

/** What has been told to the observer. */
export class Told {
  readonly failures: StompError[] = [];
  readonly losses: StompError[] = [];
  readonly serverErrors: StompError[] = [];
  readonly unroutable: string[] = [];
  readonly observer: Observer = {
    onConnectFail: ({ error }) => void this.failures.push(error),
    onDisconnect: ({ error }) => void (error && this.losses.push(error)),
    onServerError: ({ error }) => void this.serverErrors.push(error),
    onUnroutable: ({ frame }) => void this.unroutable.push(frame.command),
  };
}

export interface Meeting extends AsyncDisposable {
  readonly pool: Pool;
  readonly told: Told;
  readonly hostile: ScriptedBroker;
  readonly good: ScriptedBroker;
}

/** A pool of two hosts: the first plays what it is told to, the second is a good broker. */
export async function meet(
  play: (peer: ScriptedPeer) => void,
  options: PoolOptions = {},
  init: Partial<EndpointInit> = {},
): Promise<Meeting> {
  const hostile = await ScriptedBroker.listen(play);
  return meetAt(hostile, options, init);
}

export async function meetAt(
  hostile: ScriptedBroker,
  options: PoolOptions = {},
  init: Partial<EndpointInit> = {},
): Promise<Meeting> {
  const good = await ScriptedBroker.listen(welcome);
  const told = new Told();
  const host = '127.0.0.1';
  const hosts = [
    { host, port: hostile.port, ...init },
    { host, port: good.port },
  ];
  const pool = await connect({
    hosts,
    observer: told.observer,
    connectTimeoutMs: 5_000,
    initialReconnectDelayMs: 1,
    jitter: 0,
    ...options,
  });
  return {
    pool,
    told,
    hostile,
    good,
    async [Symbol.asyncDispose]() {
      pool.destroy();
      await hostile[Symbol.asyncDispose]();
      await good[Symbol.asyncDispose]();
    },
  };
}

/** Plays a good broker up to CONNECTED, and then something else. */
export function afterConnected(play: (peer: ScriptedPeer) => void): (peer: ScriptedPeer) => void {
  return (peer) => {
    void peer.frames(1).then(() => {
      peer.write(CONNECTED);
      play(peer);
    });
  };
}

/** The pool has left the first host for the second, and works. */
export async function expectMovedOn({ pool, good, hostile }: Meeting): Promise<void> {
  await until(() => pool.state === 'connected' && pool.endpoint.port === good.port);
  await pool.publish('/queue/a', 'still there');
  expect(good.peers[0]!.received).toContain('still there');
  for (const peer of hostile.peers) await peer.closed();
}

/** Waits for something that is on its way. */
export async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`it does not come about: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Bytes of buffers in use by this process. */
export function buffersInUse(): number {
  return process.memoryUsage().arrayBuffers;
}
