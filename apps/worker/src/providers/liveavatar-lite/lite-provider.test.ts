import { startSimulator, type Simulator } from '@avatar-bridge/avatar-simulator';
import { AvatarSettings } from '@avatar-bridge/contracts';
import { EmbeddedSpeech } from '@avatar-bridge/speech';
import { AccessToken } from 'livekit-server-sdk';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Responder } from '../../responder/responder.ts';
import type { VendorEvent } from '../vendor-event.ts';
import { apiKey, event, utterance } from '../testing/simulated-vendor.ts';
import { LiteAccount } from './testing/lite-account.ts';

const synthesizer = new EmbeddedSpeech();
const answers: string[][] = [];
const asked: unknown[] = [];
const responder: Responder = {
  async *answer({ turns }) {
    asked.push(turns);
    for (const piece of answers.shift() ?? []) yield piece;
  },
  close: () => Promise.resolve(),
};
const stage = inject('livekit').stage;

let simulator: Simulator;
let account: LiteAccount;
beforeAll(async () => {
  simulator = await startSimulator({ apiKey, livekit: inject('livekit').vendor, limits: { concurrency: 5 } });
  account = new LiteAccount(simulator, stage, { synthesizer, responder });
});
afterEach(() => account.reset());
afterAll(async () => {
  await simulator.close();
  await synthesizer.close();
});

const spoken = (events: VendorEvent[], taskId: string) =>
  events.flatMap((e) =>
    e.type.startsWith('speech.') && 'taskId' in e && e.taskId === taskId ? [e.type] : [],
  );

const text = 'Good morning, everybody. This phone is lighter than the last.';

/** All of it, in whole packets of 20 ms. */
function expectPlayed({ playedMs = 0, receivedMs = 0 }: { playedMs?: number; receivedMs?: number }): void {
  expect(playedMs).toBeGreaterThanOrEqual(receivedMs);
  expect(playedMs).toBeLessThan(receivedMs + 21);
}

describe('speaking', () => {
  test.for([['both'], ['state-only'], ['speak-only']])(
    'says a sentence, and tells its start, its words and its end once: signals %s',
    async ([speakSignals]) => {
      await account.switches({ speakSignals: speakSignals! });
      const { session, events } = await account.opened();
      const { taskId } = await session.speak(utterance(text));
      await event(events, 'speech.ended');
      expect(spoken(events, taskId)).toEqual(['speech.started', 'speech.ended']);
      const captions = events.filter((e) => e.type === 'caption');
      expect(captions.length).toBeGreaterThan(5);
      expect(captions.at(-1)).toEqual({ type: 'caption', taskId, speaker: 'avatar', text, final: true });
      expect(captions.slice(0, -1).every(({ final }) => !final)).toBe(true);
      const [task, ...more] = await account.tasks(session);
      expect(more).toEqual([]);
      expectPlayed(task!);
      const startedAt = events.find((e) => e.type === 'speech.started')!.at;
      expect(Math.abs(startedAt - task!.startedAt!)).toBeLessThan(150);
    },
  );

  test('says two utterances without a rest between them', async () => {
    const { session, events } = await account.opened();
    const first = await session.speak(utterance('Good morning, everybody.'));
    const second = await session.speak(utterance('How are you today?'));
    await event(events, 'speech.ended', ({ taskId }) => taskId === second.taskId);
    const order = events.flatMap((e) => (e.type.startsWith('speech.') && 'taskId' in e ? [e.taskId] : []));
    expect(order).toEqual([first.taskId, first.taskId, second.taskId, second.taskId]);
    const [one, two] = await account.tasks(session);
    expect(two!.startedAt! - one!.stoppedAt!).toBeLessThan(300);
  });

  test('a text that the voice cannot say is refused with the reason, and the next one is said', async () => {
    const { session, events } = await account.opened();
    await expect(session.speak(utterance('你好，世界'))).rejects.toMatchObject({
      name: 'TerminalProviderError',
      code: 'bad-request',
      message: expect.stringContaining('language'),
    });
    const { taskId } = await session.speak(utterance('Hello.'));
    await event(events, 'speech.ended', (e) => e.taskId === taskId);
    expect(await account.tasks(session)).toHaveLength(1);
  });

  test('goes on when the vendor loses its signs, by those that come', async () => {
    const { session, events } = await account.opened();
    await account.fault({
      kind: 'lose-events',
      events: ['agent.speak_ended', 'agent.state_updated'],
      times: 'always',
    });
    const { taskId } = await session.speak(utterance('Hello.'));
    await event(events, 'speech.ended', (e) => e.taskId === taskId);
    expect(spoken(events, taskId)).toEqual(['speech.started', 'speech.ended']);
  });
});

describe('an interrupt', () => {
  test('is heard at once, and what follows is said whole', async () => {
    const { session, events } = await account.opened();
    await session.speak(utterance(`${text} ${text} ${text}`));
    await event(events, 'caption', (e) => e.text.startsWith('Good morning,'));
    const at = Date.now();
    await session.interrupt();
    const { taskId } = await session.speak(utterance('Next.'));
    await event(events, 'speech.ended', (e) => e.taskId === taskId);
    const [first, next, ...more] = await account.tasks(session);
    expect(first!.interruptedAt! - at).toBeLessThan(100);
    expect(first!.receivedMs! - first!.playedMs!).toBeLessThan(3_200);
    expectPlayed(next!);
    expect(more).toEqual([]);
    const cut = events.find((e) => e.type === 'caption' && e.final);
    expect(cut).toMatchObject({ text: expect.stringMatching(/^Good morning/) });
    expect((cut as { text: string }).text.length).toBeLessThan(text.length);
  });

  test('before the first sound is made takes the text back', async () => {
    const { session } = await account.opened();
    const speaking = session.speak(utterance('Good morning.')).catch((error: unknown) => error);
    await session.interrupt();
    expect(await speaking).toMatchObject({ code: 'cancelled' });
    expect(await account.tasks(session)).toEqual([]);
  });

  test('does nothing to a silent avatar', async () => {
    const { session, events } = await account.opened();
    await session.interrupt();
    const { taskId } = await session.speak(utterance('Hello.'));
    await event(events, 'speech.ended', (e) => e.taskId === taskId);
    expect(spoken(events, taskId)).toEqual(['speech.started', 'speech.ended']);
  });
});

describe('talk', () => {
  test('says the answer of the responder, who is told what was said before', async () => {
    const { session, events } = await account.opened();
    answers.push(['It is sun', 'ny. And war', 'm.']);
    asked.length = 0;
    const { taskId } = await session.speak(utterance('How is the weather?', 'talk'));
    await event(events, 'speech.ended', (e) => e.taskId === taskId);
    expect(events.findLast((e) => e.type === 'caption')).toMatchObject({ text: 'It is sunny. And warm.' });
    answers.push(['Yes.']);
    const again = await session.speak(utterance('Really?', 'talk'));
    await event(events, 'speech.ended', (e) => e.taskId === again.taskId);
    expect(asked[1]).toEqual([
      { role: 'user', text: 'How is the weather?' },
      { role: 'assistant', text: 'It is sunny. And warm.' },
      { role: 'user', text: 'Really?' },
    ]);
  });

  test('an empty answer refuses the message', async () => {
    const { session } = await account.opened();
    answers.push(['🙂']);
    await expect(session.speak(utterance('Well?', 'talk'))).rejects.toMatchObject({ code: 'bad-request' });
  });

  test('is offered only where somebody answers', () => {
    expect(account.provider.capabilities.modes).toEqual(['repeat', 'talk']);
    const mute = new LiteAccount(simulator, stage, { synthesizer });
    expect(mute.provider.capabilities.modes).toEqual(['repeat']);
  });

  test('the opening text is said first, once in a session', async () => {
    const avatar = AvatarSettings.parse({ quality: 'low', openingText: 'Welcome.' });
    const { session, events } = await account.opened({ avatar, sessionId: 'ses_opening' });
    await event(events, 'speech.ended');
    expect(events.findLast((e) => e.type === 'caption')).toMatchObject({ text: 'Welcome.' });
    expect(events.filter(({ type }) => type.startsWith('speech.'))).toMatchObject([
      { type: 'speech.started', foreign: true },
      { type: 'speech.ended', foreign: true },
    ]);
    await session.close('replaced');
    const next = await account.opened({ avatar, sessionId: 'ses_opening' });
    const { taskId } = await next.session.speak(utterance('Hello.'));
    await event(next.events, 'speech.ended', (e) => e.taskId === taskId);
    expect(await account.tasks(next.session)).toHaveLength(1);
  });
});

describe('opening and closing', () => {
  test('writes the session down before it runs, and stops it', async () => {
    let seen: string | undefined;
    const request = account.request();
    request.recordRef = async (ref) => {
      seen = (await account.view(ref.id)).state;
      request.refs.push(ref);
    };
    const session = await account.provider.open(request);
    expect(seen).toBe('new');
    expect(session.ref).toEqual(request.refs[0]);
    expect(session.media).toEqual({ kind: 'stage', avatarIdentity: `avatar-${request.sessionId}-face` });
    expect(await account.provider.list()).toMatchObject([
      { provider: 'liveavatar-lite', id: session.ref.id },
    ]);
    await session.keepAlive();
    await Promise.all([session.close('test'), session.close('again')]);
    expect(await account.view(session.ref.id)).toMatchObject({ state: 'closed' });
    expect(await account.provider.reap(session.ref)).toEqual({ wasOpen: false });
    await expect(session.speak(utterance('Hello.'))).rejects.toMatchObject({ name: 'SessionLostError' });
  });

  test('stops what it began when the store or the caller gives up', async () => {
    const full = new Error('the store is down');
    await expect(
      account.provider.open(account.request({ recordRef: () => Promise.reject(full) })),
    ).rejects.toBe(full);
    const cancel = new AbortController();
    await account.fault({ kind: 'delay', path: '/v1/sessions/start', phase: 'after', ms: 300 });
    const opening = account.provider
      .open(account.request({ signal: cancel.signal }))
      .catch((e: unknown) => e);
    setTimeout(() => cancel.abort(), 150);
    expect(await opening).toMatchObject({ code: 'cancelled' });
    expect((await account.sessions()).map(({ state }) => state)).toEqual(['closed', 'closed']);
  });

  test.for([
    [{ id: 'Wayne_20240711' }, {}, 'unknown-avatar', /UUID/],
    [{}, { avatarId: undefined }, 'unknown-avatar', /LIVEAVATAR_AVATAR_ID/],
  ] as const)('refuses the avatar %j', async ([avatar, options, code, message]) => {
    const one = new LiteAccount(simulator, stage, { synthesizer, ...options });
    const opening = one.provider.open(one.request({ avatar: AvatarSettings.parse(avatar) }));
    await expect(opening).rejects.toMatchObject({ name: 'TerminalProviderError', code });
    await expect(opening).rejects.toThrow(message);
  });

  test('says what to check when the vendor cannot use the token for the stage', async () => {
    const { url, apiKey, apiSecret } = stage;
    const token = new AccessToken(apiKey, apiSecret, { identity: 'face' });
    token.addGrant({ roomJoin: true, room: 'r', canPublish: true, canPublishData: false });
    const seat = { url, room: 'r', token: await token.toJwt(), identity: 'face' };
    const opening = account.provider.open(account.request({ seatAvatar: () => Promise.resolve(seat) }));
    await expect(opening).rejects.toMatchObject({ name: 'RetryableProviderError', code: 'unavailable' });
    await expect(opening).rejects.toThrow('LIVEKIT_PUBLIC_URL');
    const open = (await account.sessions()).filter(({ state }) => state !== 'closed');
    expect(open).toEqual([]);
  });

  test.for([
    ['noCredits', 'TerminalProviderError', 'no-credits'],
    ['concurrencyLimit', 'RetryableProviderError', 'concurrency-limit'],
    ['unauthorized', 'TerminalProviderError', 'unauthorized'],
  ] as const)('says what to do about %s', async ([error, name, code]) => {
    await account.fault({ kind: 'refuse', path: '/v1/sessions/token', error, times: 'always' });
    await expect(account.provider.open(account.request())).rejects.toMatchObject({ name, code });
  });
});
