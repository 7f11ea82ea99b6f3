import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import {
  CancelledError,
  RetryableError,
  RtpParticipant,
  TerminalError,
  type DisconnectReason,
} from '../src/index.ts';
import { cleanup, join, microphone, next, roomName, rooms, server, token, until } from './support.ts';

/** A port on which nothing listens. */
async function deadPort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

/** A server that takes connections and never says a word. */
async function silentPort(): Promise<number> {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  cleanup(() => void silent.close());
  return (silent.address() as AddressInfo).port;
}

const failure = (attempt: Promise<RtpParticipant>): Promise<unknown> =>
  attempt.then(
    () => 'connected',
    (error: unknown) => error,
  );

describe('joining', () => {
  test('tells who one is and who is there', async () => {
    const room = roomName();
    const first = await join(room, 'first');
    expect(first).toMatchObject({ identity: 'first', room: { name: room } });
    expect(first.sid).toMatch(/^PA_/);
    expect(first.room.sid).toMatch(/^RM_/);
    await first.publishTrack(microphone);
    const seen: string[] = [];
    const tokens: string[] = [];
    const second = await join(room, 'second', {
      listeners: {
        tokenRefreshed: (token) => tokens.push(token),
        participantJoined: ({ identity }) => seen.push(`joined ${identity}`),
        trackPublished: ({ name }, { identity }) => seen.push(`${identity} published ${name}`),
        trackSubscribed: (track) => seen.push(`subscribed ${track.info.name}`),
      },
    });
    await until(() => seen.length === 3, 'all is reported');
    expect(seen).toEqual(['joined first', 'first published voice', 'subscribed voice']);
    expect([...second.remoteParticipants.keys()]).toEqual(['first']);
    await until(() => tokens.length === 1, 'the token is refreshed');
    expect(tokens).toEqual([second.token]);
    expect(second.token.split('.')).toHaveLength(3);
  });

  test('fails terminally with a token that is not the server’s, and with a bad address', async () => {
    const wrong = await failure(RtpParticipant.connect({ url: server.url, token: 'not.a.token' }));
    expect(wrong).toBeInstanceOf(TerminalError);
    expect(wrong).toMatchObject({ code: 'unauthorized' });
    const forged = `${(await token('x', 'y')).slice(0, -4)}AAAA`;
    expect(await failure(RtpParticipant.connect({ url: server.url, token: forged }))).toMatchObject({
      code: 'unauthorized',
    });
    expect(await failure(RtpParticipant.connect({ url: 'nonsense', token: 'x' }))).toMatchObject({
      code: 'invalid-url',
    });
    const elsewhere = await failure(
      RtpParticipant.connect({ url: `${server.url}/elsewhere`, token: await token('x', 'y') }),
    );
    expect(elsewhere).toMatchObject({ name: 'TerminalError', code: 'room-not-found' });
  });

  test('fails quickly and retryably when the server is away', async () => {
    const startedAt = performance.now();
    const error = await failure(
      RtpParticipant.connect({ url: `ws://127.0.0.1:${await deadPort()}`, token: 'x' }),
    );
    expect(error).toBeInstanceOf(RetryableError);
    expect(error).toMatchObject({ code: 'signal-failed' });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  test('fails retryably after the timeout when the server is silent', async () => {
    const url = `ws://127.0.0.1:${await silentPort()}`;
    const error = await failure(RtpParticipant.connect({ url, token: 'x', connectTimeout: 200 }));
    expect(error).toBeInstanceOf(RetryableError);
    expect(error).toMatchObject({ code: 'timeout' });
  });

  test('can be aborted at any time, and leaves nobody in the room', async () => {
    const room = roomName();
    const watcher = await join(room, 'watcher');
    const outcomes: unknown[] = [];
    for (const delay of [undefined, 0, 5, 20, 40, 60, 90]) {
      const controller = new AbortController();
      if (delay === undefined) controller.abort();
      else setTimeout(() => controller.abort(new Error('changed my mind')), delay);
      outcomes.push(await failure(join(room, 'undecided', { signal: controller.signal })));
    }
    expect(outcomes.slice(0, 2).every((outcome) => outcome instanceof CancelledError)).toBe(true);
    expect(outcomes.every((outcome) => outcome === 'connected' || outcome instanceof CancelledError)).toBe(
      true,
    );
    await (await join(room, 'undecided')).close();
    await until(() => watcher.remoteParticipants.size === 0, 'nobody else is there');
    expect([...watcher.remoteParticipants.keys()]).toEqual([]);
  });

  test('tells refusals that pass from refusals that stay, and an address that is not ours', async () => {
    const codes: unknown[] = [];
    for (const status of [503, 429, 400, 403]) {
      const refusing = createServer((socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () =>
          socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`),
        );
      }).listen(0, '127.0.0.1');
      await once(refusing, 'listening');
      const { port } = refusing.address() as AddressInfo;
      const error = (await failure(
        RtpParticipant.connect({ url: `ws://127.0.0.1:${port}`, token: 'x' }),
      )) as RetryableError;
      codes.push([error.name, error.code]);
      refusing.close();
    }
    expect(codes).toEqual([
      ['RetryableError', 'server-unavailable'],
      ['RetryableError', 'server-unavailable'],
      ['TerminalError', 'rejected'],
      ['TerminalError', 'forbidden'],
    ]);
    const elsewhere = RtpParticipant.connect({ url: server.url, token: 'x', bindAddress: '203.0.113.1' });
    expect(await failure(elsewhere)).toMatchObject({ name: 'TerminalError', code: 'invalid-options' });
  });

  test('names no token in its errors', async () => {
    const secret = await token('x', 'y');
    for (const url of [`${server.url}/elsewhere`, `ws://127.0.0.1:${await deadPort()}`]) {
      const error = await failure(RtpParticipant.connect({ url, token: secret }));
      const { message, stack, cause } = error as Error;
      expect(JSON.stringify([message, stack, cause, (cause as Error | undefined)?.stack])).not.toContain(
        secret,
      );
    }
  });
});

describe('leaving', () => {
  test('is reported once with the reason given, to us and to the others', async () => {
    const room = roomName();
    const watcher = await join(room, 'watcher');
    const seen = next(watcher, 'participantJoined');
    const avatar = await join(room, 'avatar');
    await avatar.publishTrack(microphone);
    await seen;
    const reasons: unknown[] = [];
    avatar.on('disconnected', (event) => reasons.push(event));
    const left = next(watcher, 'participantLeft');
    await Promise.all([avatar.close('done'), avatar.close('again')]);
    await avatar.close();
    expect(reasons).toEqual([{ reason: 'client', detail: 'done' }]);
    expect((await left)[1]).toBe('client');
  });

  test('ends all tracks, and later calls are cancelled', async () => {
    const room = roomName();
    const avatar = await join(room, 'avatar');
    const voice = await avatar.publishTrack(microphone);
    const pending = failure(avatar.publishTrack({ ...microphone, name: 'second' }) as Promise<never>);
    await avatar.close();
    expect(voice.closed).toBe(true);
    expect(voice.send(Buffer.alloc(20))).toBe(false);
    await voice.unpublish();
    voice.setMuted(true);
    expect(await pending).toBeInstanceOf(CancelledError);
    await expect(avatar.publishTrack(microphone)).rejects.toBeInstanceOf(CancelledError);
    await expect(avatar.sendData(Buffer.from('x'))).rejects.toBeInstanceOf(CancelledError);
    await expect(avatar.sendText('x', { topic: 't' })).rejects.toBeInstanceOf(CancelledError);
    await expect(avatar.setAttributes({ a: '1' })).rejects.toBeInstanceOf(CancelledError);
  });

  test('is forced with a reason that tells what happened', async () => {
    const forced = async (
      force: (room: string) => Promise<unknown>,
    ): Promise<{ reason: DisconnectReason; error: unknown }> => {
      const room = roomName();
      const avatar = await join(room, 'avatar');
      const voice = await avatar.publishTrack(microphone);
      const gone = next(avatar, 'disconnected');
      await force(room);
      const [{ reason }] = await gone;
      expect(voice.closed).toBe(true);
      return { reason, error: await avatar.sendData(Buffer.from('x')).catch((error: unknown) => error) };
    };
    expect(await forced((room) => join(room, 'avatar'))).toMatchObject({
      reason: 'duplicate-identity',
      error: { name: 'TerminalError', code: 'removed' },
    });
    expect(await forced((room) => rooms().deleteRoom(room))).toMatchObject({
      reason: 'room-deleted',
      error: { name: 'TerminalError' },
    });
    expect(await forced((room) => rooms().removeParticipant(room, 'avatar'))).toMatchObject({
      reason: 'participant-removed',
    });
  });

  test('by a moderator: tracks are muted, and unpublished with the right to publish', async () => {
    const room = roomName();
    const avatar = await join(room, 'avatar');
    const voice = await avatar.publishTrack(microphone);
    const muted = next(avatar, 'localTrackMuted');
    await rooms().mutePublishedTrack(room, 'avatar', voice.sid, true);
    expect(await muted).toEqual([voice, true]);
    expect(voice.muted).toBe(true);
    const unpublished = next(avatar, 'localTrackUnpublished');
    await rooms().updateParticipant(room, 'avatar', {
      permission: { canPublish: false, canSubscribe: true, canPublishData: true },
    });
    expect(await unpublished).toEqual([voice]);
    expect(voice.closed).toBe(true);
  });
});
