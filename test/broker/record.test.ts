import { describe, expect, test } from 'vitest';
import { BrokerWaitError } from '../../src/broker/index.js';
import { TestClock } from './support/clock.js';
import { join, newCore, Peer, send } from './support/peer.js';

describe('the record of what came', () => {
  test('has command, headers, body and connection, and no passcode', () => {
    const core = newCore({ logins: { me: 'secret' } });
    new Peer(core).say(`CONNECT\nlogin:me\n passcode : secret\n\n\0${send('a', 'x')}`);
    const [connect, sent] = core.record.list();
    expect(connect!.headers.get('login')).toBe('me');
    expect(connect!.headers.raw.toString()).toBe('login:me\n passcode :[secret]\n');
    expect(sent).toMatchObject({ connection: 1, command: 'SEND', body: Buffer.from('x') });
    expect(core.sessions[0]!.login).toBe('me');
  });

  test('holds the last ones, by number and by size', () => {
    const byNumber = newCore({ limits: { maxReceivedFrames: 2 } });
    join(byNumber).say([1, 2, 3].map((n) => send('a', `${n}`)).join(''));
    expect(byNumber.record.list().map(({ body }) => body.toString())).toEqual(['2', '3']);
    const bySize = newCore({ limits: { maxReceivedBytes: 100 } });
    join(bySize).say(send('a', 'x'.repeat(60)) + send('a', 'y'.repeat(60)));
    expect(bySize.record.list()).toHaveLength(1);
  });

  test('stays right over thousands', () => {
    const core = newCore({ limits: { maxReceivedFrames: 10 } });
    const peer = join(core);
    for (let i = 0; i < 5_000; i++) peer.say(send('/topic/a', `${i}`));
    expect(core.record.list().map(({ body }) => body.toString())).toEqual(
      Array.from({ length: 10 }, (_, i) => `${4_990 + i}`),
    );
    core.record.clear();
    expect(core.record.list()).toEqual([]);
  });
});

describe('waitFor', () => {
  const isSend = ({ command }: { command: string }): boolean => command === 'SEND';

  test('gives what came before, or what comes', async () => {
    const core = newCore();
    const peer = join(core);
    const coming = core.record.waitFor(isSend);
    peer.say(send('a', '1') + send('a', '2'));
    expect((await coming).body.toString()).toBe('1');
    expect((await core.record.waitFor(({ body }) => body.toString() === '2')).command).toBe('SEND');
  });

  test('gives up and says what came instead', async () => {
    const clock = new TestClock();
    const core = newCore({ clock });
    join(core);
    const waiting = core.record.waitFor(isSend, { timeoutMs: 50 });
    clock.advance(50);
    await expect(waiting).rejects.toThrow('no such frame within 50 ms; the last that came: CONNECT');
    await expect(waiting).rejects.toBeInstanceOf(BrokerWaitError);
  });

  test('ends when the broker does', async () => {
    const core = newCore();
    const waiting = core.record.waitFor(isSend);
    core.kill();
    await expect(waiting).rejects.toThrow('the broker has stopped; none came at all');
  });

  test('a predicate that throws rejects it and nothing else', async () => {
    const core = newCore();
    const waiting = core.record.waitFor(() => {
      throw new Error('mine');
    });
    expect(join(core).ended).toBeUndefined();
    await expect(waiting).rejects.toThrow('mine');
  });
});

describe('the observer', () => {
  test('sees what comes and goes, without passcode', () => {
    const seen: string[] = [];
    const core = newCore({
      observer: {
        onOpen: ({ connection, peer }) => void seen.push(`open ${connection} ${peer}`),
        onFrameIn: ({ frame }) => void seen.push(`> ${frame.command} ${frame.headers.get('passcode') ?? ''}`),
        onFrameOut: ({ frame }) =>
          void seen.push(`< ${frame.command} ${frame.headers.get('receipt-id') ?? ''}`),
        onBadFrame: ({ reason }) => void seen.push(`bad ${reason.slice(0, 5)}`),
        onClose: ({ bytesIn }) => void seen.push(`close ${bytesIn}`),
      },
    });
    const peer = new Peer(core).say('CONNECT\npasscode:x\n\n\0BEGIN\nreceipt:r\ntransaction:t\n\n\0\x01');
    peer.session.closed();
    expect(seen).toEqual([
      'open 1 peer',
      '> CONNECT [secret]',
      '< CONNECTED ',
      '> BEGIN ',
      '< RECEIPT r',
      'bad "\\u00',
      '< ERROR ',
      'close 54',
    ]);
  });

  test('sees a MESSAGE that has more headers than a SEND may have', () => {
    const seen: string[] = [];
    const core = newCore({ observer: { onFrameOut: ({ frame }) => void seen.push(frame.command) } });
    const [sender, consumer] = [join(core), join(core)];
    consumer.say('SUBSCRIBE\ndestination:/queue/a\nid:1\n\n\0');
    sender.say(`SEND\ndestination:/queue/a\n${'x:y\n'.repeat(999)}\n\0`);
    expect(seen).toEqual(['CONNECTED', 'CONNECTED', 'MESSAGE']);
    expect(sender.ended).toBeUndefined();
  });

  test('that throws disturbs nothing and is counted', () => {
    const core = newCore({
      observer: {
        onFrameIn: () => {
          throw new Error('mine');
        },
      },
    });
    const peer = join(core).say(send('a', 'x'));
    expect(peer.ended).toBeUndefined();
    expect(core.stats()).toMatchObject({ observerErrors: 2, framesIn: 2, framesOut: 1 });
  });
});
