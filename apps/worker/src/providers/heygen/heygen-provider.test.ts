import { startSimulator, type Simulator, type SimulatorOptions } from '@avatar-bridge/avatar-simulator';
import { dispose } from '@livekit/rtc-node';
import { AvatarSettings } from '@avatar-bridge/contracts';
import type { VendorSessionRef } from '@avatar-bridge/session-store';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import {
  CancelledError,
  RetryableProviderError,
  SessionLostError,
  TerminalProviderError,
} from '../provider-errors.ts';
import type { VendorEvent } from '../vendor-event.ts';
import { apiKey, event, utterance } from '../testing/simulated-vendor.ts';
import { VendorAccount } from './testing/vendor-account.ts';

const nothing = () => Promise.resolve();
const silentChannel = { sendData: nothing, playVoice: nothing, clearVoice: nothing };
const simulate = (options: Partial<SimulatorOptions>) =>
  startSimulator({ apiKey, livekit: inject('livekit').vendor, ...options });

let simulator: Simulator;
let vendor: VendorAccount;
beforeAll(async () => {
  simulator = await simulate({ limits: { concurrency: 3 } });
  vendor = new VendorAccount(simulator);
});
afterEach(() => vendor.reset());
afterAll(async () => {
  await simulator.close();
  await dispose();
});

const caught = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('opening', () => {
  it('writes the vendor session down before it is started', async () => {
    const seen: string[][] = [];
    const recordRef = async () => void seen.push(await vendor.calls());
    const { session } = await vendor.opened({ recordRef });
    expect(seen).toEqual([
      ['create_token', 'new'],
      ['create_token', 'new', 'start'],
    ]);
    expect(await vendor.calls()).toEqual(['create_token', 'new', 'start']);
    expect(session.media).toMatchObject({ kind: 'room', avatarIdentity: 'heygen' });
    expect(session.durationLimitMs).toBe(600_000);
    await session.close('test');
  });

  it('writes down what another worker needs to go on with it, its tokens sealed', async () => {
    const { session } = await vendor.opened();
    await vendor.join(session);
    const { ref } = session as { ref: VendorSessionRef };
    const { token } = session.media as { token: string };
    expect(JSON.stringify(ref)).not.toContain(token);
    const events: VendorEvent[] = [];
    const attached = await vendor.provider.attach(
      ref,
      vendor.request({ onEvent: (event) => events.push(event) }),
    );
    if (!attached) throw new Error('There is no way back');
    expect(attached.media).toEqual(session.media);
    await vendor.join(attached);
    await attached.speak(utterance('Said through the second.'));
    await vi.waitUntil(() => events.some(({ type }) => type === 'speech.started'), { timeout: 5_000 });
    await attached.close('test');
    // In its first seconds nobody could tell it from one that is still coming up.
    const older = { ...ref, openedAt: ref.openedAt - 30_000 };
    await expect(vendor.provider.attach(older, vendor.request())).rejects.toBeInstanceOf(SessionLostError);
    const sealedByOthers = { ...ref, data: { ...ref.data, sealed: 'AAAA' } };
    expect(await vendor.provider.attach(sealedByOthers, vendor.request())).toBeUndefined();
  });

  it('stops what came into being when it is cancelled meanwhile, and tells its ref', async () => {
    await vendor.fault({ kind: 'delay', path: '/v1/streaming.new', phase: 'after', ms: 400 });
    const cancel = new AbortController();
    const request = vendor.request({ signal: cancel.signal });
    const opening = caught(vendor.provider.open(request));
    await vi.waitFor(async () => expect(await vendor.sessions()).toHaveLength(1), {
      timeout: 5_000,
      interval: 20,
    });
    cancel.abort();
    expect(await opening).toBeInstanceOf(CancelledError);
    expect(request.refs).toHaveLength(1);
    expect(await vendor.sessions()).toMatchObject([
      { sessionId: request.refs[0]!.id, state: 'closed', closeReason: 'stopped' },
    ]);
  });

  it('stops the vendor session when it cannot be written down, or not started', async () => {
    const full = new Error('the store is down');
    expect(
      await caught(vendor.provider.open(vendor.request({ recordRef: () => Promise.reject(full) }))),
    ).toBe(full);
    await vendor.fault({ kind: 'refuse', path: '/v1/streaming.start', status: 500, times: 1 });
    expect(await caught(vendor.provider.open(vendor.request()))).toMatchObject({
      name: 'RetryableProviderError',
      code: 'unavailable',
    });
    expect((await vendor.sessions()).map(({ state }) => state)).toEqual(['closed', 'closed']);
  });

  it('says what to do next when the vendor refuses', async () => {
    const sessions = await Promise.all([vendor.opened(), vendor.opened(), vendor.opened()]);
    expect(await caught(vendor.provider.open(vendor.request()))).toMatchObject({
      name: 'RetryableProviderError',
      code: 'concurrency-limit',
    });
    await Promise.all(sessions.map(({ session }) => session.close('test')));

    const avatar = AvatarSettings.parse({ id: 'nobody-knows-this-one' });
    const unknown = await caught(vendor.provider.open(vendor.request({ avatar })));
    expect(unknown).toBeInstanceOf(TerminalProviderError);
    expect(unknown).toMatchObject({ code: 'unknown-avatar' });

    const stranger = new VendorAccount(vendor.simulator, 'another-key-0123456789');
    expect(await caught(stranger.provider.open(stranger.request()))).toMatchObject({
      name: 'TerminalProviderError',
      code: 'unauthorized',
      message: expect.stringContaining('HEYGEN_API_KEY'),
    });
  });
});

describe('speaking', () => {
  it('hands utterances over at once and tells of their start, words and end', async () => {
    const { session, events } = await vendor.opened();
    await vendor.join(session);
    const spoken = await session.speak(utterance('Hello there.'));
    expect(spoken.expectedDuration).toBeGreaterThan(0);
    const { taskId } = spoken;
    const ended = await event(events, 'speech.ended', (e) => e.taskId === taskId);
    const started = await event(events, 'speech.started', (e) => e.taskId === taskId);
    expect(ended.at).toBeGreaterThan(started.at);
    const pieces = events.filter((e) => e.type === 'raw').filter((e) => e.name === 'avatar_talking_message');
    const text = pieces.map((e) => (e.payload as { message: string }).message).join('');
    expect(text).toContain('there.');
    expect(await event(events, 'caption', (e) => e.final)).toMatchObject({ taskId, speaker: 'avatar', text });
    await session.close('test');
    expect((await vendor.view(session.ref.id)).tasks).toMatchObject([{ taskId, text: 'Hello there.' }]);
  });

  it('retries while the tracks come up', async () => {
    await using simulator = await simulate({ startDelay: 700 });
    const slow = new VendorAccount(simulator);
    const { session } = await slow.opened();
    expect((await session.speak(utterance('At last.'))).taskId).toBeTruthy();
    const tasks = (await slow.calls()).filter((path) => path === 'task');
    expect(tasks.length).toBeGreaterThan(1);
    await session.close('test');
  });

  it('falls silent on interrupt, and interrupting silence is fine', async () => {
    const { session, events } = await vendor.opened();
    await session.interrupt();
    await vendor.join(session);
    await session.interrupt();
    const { taskId } = await session.speak(
      utterance('This is a rather long sentence, and nobody will ever hear the very end of it, I am afraid.'),
    );
    await event(events, 'speech.started');
    await session.interrupt();
    expect(await event(events, 'speech.ended', (e) => e.taskId === taskId)).toBeTruthy();
    await session.close('test');
    expect((await vendor.view(session.ref.id)).tasks).toMatchObject([{ interruptedAt: expect.any(Number) }]);
  });

  it('says that nobody knows when the answer to a text is lost, and does not say it again by itself', async () => {
    const { session } = await vendor.opened();
    await vendor.join(session);
    await vendor.fault({ kind: 'cut', path: '/v1/streaming.task', phase: 'after' });
    const error = await caught(session.speak(utterance('Once.')));
    expect(error).toBeInstanceOf(RetryableProviderError);
    expect(error).toMatchObject({ code: 'network', uncertain: true });
    expect((await vendor.view(session.ref.id)).tasks).toHaveLength(1);
    await session.close('test');
  });

  it('goes on with the key when the token is worn out', async () => {
    const { session } = await vendor.opened();
    await vendor.join(session);
    await vendor.fault({ kind: 'refuse', path: '/v1/streaming.task', error: 'unauthorized' });
    await session.speak(utterance('Still here.'));
    await session.keepAlive();
    expect((await vendor.view(session.ref.id)).tasks).toHaveLength(1);
    await session.close('test');
  });
});

describe('the end', () => {
  it('is noticed by the next call, told once, and final', async () => {
    const { session, events } = await vendor.opened();
    await vendor.join(session);
    await session.speak(utterance('One.'));
    await vendor.fault({ kind: 'drop-session', sessionId: session.ref.id });
    expect(await caught(session.speak(utterance('Two.')))).toBeInstanceOf(SessionLostError);
    expect(await caught(session.keepAlive())).toBeInstanceOf(SessionLostError);
    expect(events.filter((e) => e.type === 'closed')).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ type: 'closed' });
    await session.close('test');
  });

  it('can be asked for twice, ends events and refuses further calls', async () => {
    const { session, events } = await vendor.opened();
    await Promise.all([session.close('one'), session.close('two')]);
    await session.close('three');
    expect((await vendor.calls()).filter((path) => path === 'stop')).toHaveLength(1);
    session.handleRoomData('{"type":"avatar_start_talking","task_id":"t"}', {});
    expect(events).toEqual([]);
    expect(await caught(session.speak(utterance('Too late.')))).toBeInstanceOf(SessionLostError);
  });

  it('is tried again by the next close when the vendor would not answer', async () => {
    const { session } = await vendor.opened();
    await vendor.fault({ kind: 'refuse', path: '/v1/streaming.stop', error: 'forbidden', times: 1 });
    expect(await caught(session.close('one'))).toBeInstanceOf(TerminalProviderError);
    await session.close('two');
    expect(await vendor.view(session.ref.id)).toMatchObject({ state: 'closed' });
  });

  it.each(['wrong-state', 'invalid-session'] as const)(
    'of somebody else’s session is brought about by its ref alone (%s)',
    async (unknownSession) => {
      await vendor.switches({ unknownSession });
      const { session, refs } = await vendor.opened();
      expect(await vendor.provider.list()).toMatchObject([{ provider: 'heygen', id: session.ref.id }]);
      expect(await vendor.provider.reap(refs[0]!)).toEqual({ wasOpen: true });
      expect(await vendor.provider.reap(refs[0]!)).toEqual({ wasOpen: false });
      expect(await vendor.provider.reap({ ...refs[0]!, id: 'never-was' })).toEqual({ wasOpen: false });
      expect(await vendor.provider.list()).toEqual([]);
    },
  );

  it('is not believed when the vendor refuses to stop a session that it lists as open', async () => {
    const { session, refs } = await vendor.opened();
    await vendor.fault({ kind: 'refuse', path: '/v1/streaming.stop', error: 'wrongState' });
    expect(await caught(vendor.provider.reap(refs[0]!))).toMatchObject({
      name: 'RetryableProviderError',
      code: 'not-ready',
    });
    await session.close('test');
  });
});

describe('the chat socket', () => {
  it('brings the events of the user, is opened again when it breaks, and says the opening text once', async () => {
    const avatar = AvatarSettings.parse({ quality: 'low', openingText: 'Welcome.' });
    const { session, events } = await vendor.opened({ avatar });
    await vendor.join(session);
    await session.connect(silentChannel, AbortSignal.timeout(10_000));
    await vendor.user(session.ref.id, { event: 'user_start' });
    await event(events, 'user.started');
    await vendor.fault({ kind: 'drop-socket', sessionId: session.ref.id });
    await vi.waitFor(
      async () => {
        await vendor.user(session.ref.id, { event: 'user_silence', silenceTimes: 3, countDown: 7 });
        expect(events.filter((e) => e.type === 'user.silent')).not.toHaveLength(0);
      },
      { timeout: 10_000, interval: 200 },
    );
    expect(events.find((e) => e.type === 'user.silent')).toEqual({
      type: 'user.silent',
      silenceTimes: 3,
      countDown: 7,
    });
    expect((await vendor.view(session.ref.id)).tasks.map(({ text }) => text)).toEqual(['Welcome.']);
    await session.close('test');
  });

  it('is no condition for anything', async () => {
    const { session } = await vendor.opened();
    await vendor.join(session);
    await vendor.fault({ kind: 'refuse', path: '/v1/ws/streaming.chat', status: 500, times: 'always' });
    await session.connect(silentChannel, AbortSignal.timeout(10_000));
    expect((await session.speak(utterance('I speak all the same.'))).taskId).toBeTruthy();
    await session.close('test');
  });
});

describe('where the vendor is documented in two ways', () => {
  it.each([
    ['the first', {}],
    [
      'the second',
      {
        successEnvelope: 'error-null',
        plainAnswers: 'status',
        createTokenContentType: 'required',
        taskQueueing: 'override',
        syncAnswers: 'at-once',
        roomEventKey: 'event_type',
        socketEventKey: 'type',
        talkingMessages: 'whole',
        endMessage: 'with-text',
        stopMessageDuration: 'absent',
        createdAtUnit: 'milliseconds',
      } as const,
    ],
  ])('%s way works', async (_which, switches) => {
    await vendor.switches(switches);
    const { session, events } = await vendor.opened();
    await vendor.join(session);
    await session.connect(silentChannel, AbortSignal.timeout(10_000));
    const first = await session.speak(utterance('Good morning.'));
    await event(events, 'speech.ended', (e) => e.taskId === first.taskId);
    const second = await session.speak(utterance('How are you?', 'talk'));
    await event(events, 'speech.ended', (e) => e.taskId === second.taskId);
    const finals = events.filter((e) => e.type === 'caption').filter((e) => e.final);
    expect(finals.map(({ speaker, taskId }) => [speaker, taskId])).toEqual([
      ['avatar', first.taskId],
      ['user', second.taskId],
      ['avatar', second.taskId],
    ]);
    await vendor.user(session.ref.id, { event: 'user_start' });
    await event(events, 'user.started');
    await session.keepAlive();
    const [listed] = await vendor.provider.list();
    expect(Math.abs(listed!.openedAt - session.ref.openedAt)).toBeLessThan(2_500);
    await session.close('test');
  });
});
