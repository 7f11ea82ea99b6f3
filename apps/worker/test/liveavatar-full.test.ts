import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Providers } from '../src/providers/providers.ts';
import { Rig, sentence } from './support/rig.ts';

const long =
  'This is one long sentence without any end that the avatar would go on and on with for quite a while if nobody interrupted it';
const cutOff = 'This sentence takes some seconds, so there is time to cut it off.';
const knowledgeBase = 'You are Ada, an avatar who likes to be of help.';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.open();
  rig.startWorker({ providers: new Providers([rig.full()]) });
});
afterEach(() => rig.clearFaults());
afterAll(() => rig[Symbol.asyncDispose]());

describe.concurrent('a session of LiveAvatar FULL', () => {
  test('says messages in order, each with its caption, and is stopped at the vendor', async () => {
    const conversation = await rig.liveSession();
    const texts = Array.from({ length: 8 }, (_, index) => `${sentence(index)} It has a second half.`);
    const ids = [];
    for (const text of texts) ids.push(await conversation.say(text));
    expect(new Set(await conversation.finished(...ids))).toEqual(new Set(['spoken']));
    expect((await conversation.spoken()).join(' ')).toBe(texts.join(' '));
    const captions = (await conversation.eventsOf('caption.updated')).filter(({ final }) => final);
    expect(captions.map(({ text }) => text).join(' ')).toBe(texts.join(' '));
    expect(new Set(captions.map(({ messageId }) => messageId))).toEqual(new Set(ids));
    const [speaking] = await conversation.eventsOf('message.speaking');
    expect(speaking).toMatchObject({ provider: 'liveavatar-full' });
    await conversation.stop();
    await conversation.until('session.ended');
    expect(await conversation.vendorSessions()).toMatchObject([{ api: 'liveavatar-full', state: 'closed' }]);
  }, 60_000);

  test('asks for the longest session that the plan allows, and needs no context to say texts', async () => {
    const conversation = await rig.liveSession();
    await conversation.finished(await conversation.say(sentence(1)));
    const [vendorSession] = await conversation.vendorSessions();
    expect(vendorSession).toMatchObject({ maxSessionDuration: 3_600 });
    expect(vendorSession?.contextId).toBeUndefined();
    await conversation.stop();
  });

  test('answers talk from a context made once of the knowledge base, and captions the answer', async () => {
    const conversations = await Promise.all([1, 2].map(() => rig.liveSession({ knowledgeBase })));
    const answered = await Promise.all(
      conversations.map(async (conversation) => {
        const id = await conversation.say('Who are you?', { mode: 'talk' });
        expect(await conversation.finished(id)).toEqual(['spoken']);
        const captions = await conversation.eventsOf('caption.updated');
        return captions.findLast(({ messageId, final }) => messageId === id && final)?.text;
      }),
    );
    expect(answered[0]).toMatch(/\w+ \w+/);
    expect(answered[0]).not.toBe('Who are you?');
    const opened = (await Promise.all(conversations.map((one) => one.vendorSessions()))).flat();
    expect(new Set(opened.map(({ contextId }) => contextId)).size).toBe(1);
    const { items } = await rig.liveAvatarClient().contexts.list();
    expect(items.filter(({ name }) => name?.startsWith('avatar-bridge'))).toHaveLength(1);
    await Promise.all(conversations.map((one) => one.stop()));
  });

  test('fails talk where nothing says what to answer from, and goes on with what is behind it', async () => {
    const conversation = await rig.liveSession();
    const asked = await conversation.say('Who are you?', { mode: 'talk' });
    const said = await conversation.say(sentence(2));
    expect(await conversation.finished(asked, said)).toEqual(['failed', 'spoken']);
    const [failed] = await conversation.eventsOf('message.failed');
    expect(failed).toMatchObject({
      code: 'talk-unsupported',
      reason: expect.stringContaining('knowledgeBase'),
    });
    await conversation.stop();
  });

  test('is interrupted at once, and says what comes after', async () => {
    const conversation = await rig.liveSession();
    const cut = await conversation.say(long);
    await conversation.until('message.speaking');
    await conversation.interrupt();
    const done = await conversation.until('interrupt.done');
    expect(done.tookMs).toBeLessThan(300);
    const after = await conversation.say(sentence('after'));
    expect(await conversation.finished(cut, after)).toEqual(['interrupted', 'spoken']);
    expect(await conversation.spoken()).toEqual([sentence('after')]);
    await conversation.stop();
  });

  test("does not take a context's greeting for a message, nor talks into it", async () => {
    const greeting = 'Hello and welcome, this is the greeting of the context, and it takes a while.';
    const context = { name: 'greets', prompt: knowledgeBase, openingText: greeting };
    const { contextId } = await rig.liveAvatarClient().contexts.create(context);
    const conversation = await rig.session({ knowledgeBaseId: contextId });
    const id = await conversation.say(sentence('one'));
    expect(await conversation.finished(id)).toEqual(['spoken']);
    const [vendorSession] = await conversation.vendorSessions();
    const [first, second] = vendorSession?.tasks ?? [];
    expect([first?.text, second?.text]).toEqual([greeting, sentence('one')]);
    expect(second?.receivedAt).toBeGreaterThanOrEqual(first?.stoppedAt ?? Number.POSITIVE_INFINITY);
    const message = await conversation.message(id);
    expect(message.speakingAt).toBeGreaterThanOrEqual(Math.floor(second?.startedAt ?? 0));
    await conversation.stop();
  });

  test('counts a message as spoken by the voice when every event of it was lost', async () => {
    const conversation = await rig.liveSession();
    const events = ['avatar.speak_started', 'avatar.speak_ended', 'avatar.transcription'];
    const sessionId = (await conversation.session()).vendorSession?.id;
    await rig.fault({ kind: 'lose-events', sessionId, events, times: 'always' });
    const ids = [await conversation.say(sentence(1)), await conversation.say(sentence(2))];
    expect(await conversation.finished(...ids)).toEqual(['spoken', 'spoken']);
    expect(await conversation.spoken()).toEqual([sentence(1), sentence(2)]);
    expect(await conversation.vendorSessions()).toHaveLength(1);
    await conversation.stop();
  });

  test('opens another vendor session when one is dropped, which remembers the one before', async () => {
    const conversation = await rig.liveSession({ knowledgeBase });
    await conversation.finished(await conversation.say(sentence(1)));
    const id = await conversation.say(`${long}. ${sentence(2)}`);
    await conversation.until('message.speaking', ({ messageId }) => messageId === id);
    const dropped = (await conversation.session()).vendorSession?.id;
    await rig.fault({ kind: 'drop-session', sessionId: dropped });
    expect(await conversation.finished(id)).toEqual(['spoken']);
    const [before, after] = await conversation.vendorSessions();
    expect(after).toMatchObject({ previousSessionId: before?.sessionId });
    expect((await conversation.eventsOf('session.recovering'))[0]?.reason).toMatch(/LiveAvatar ended|left/);
    await conversation.stop();
  });
});

describe.concurrent('where the vendor is known in two ways', () => {
  test.for<[string, string]>([
    ['speakTextQueueing', 'override'],
    ['finalTranscription', 'at-once'],
    ['interruptedSpeech', 'transcription-only'],
    ['stoppedReasonKey', 'stop_reason'],
    ['sessionEnd', 'untold'],
  ])('says, interrupts and heals with %s: %s', async ([name, variant]) => {
    await using own = await Rig.open();
    await own.switches({ [name]: variant });
    own.startWorker({ providers: new Providers([own.full()]) });
    const conversation = await own.liveSession();
    const first = [await conversation.say(sentence(1)), await conversation.say(sentence(2))];
    expect(await conversation.finished(...first)).toEqual(['spoken', 'spoken']);
    const cut = await conversation.say(long);
    await conversation.until('message.speaking', ({ messageId }) => messageId === cut);
    await conversation.interrupt();
    const after = await conversation.say(sentence(3));
    expect(await conversation.finished(cut, after)).toEqual(['interrupted', 'spoken']);
    const healed = await conversation.say(`${cutOff} ${sentence(4)}`);
    await conversation.until('message.speaking', ({ messageId }) => messageId === healed);
    await own.fault({ kind: 'drop-session' });
    expect(await conversation.finished(healed)).toEqual(['spoken']);
    expect(await conversation.spoken()).toEqual([sentence(1), sentence(2), sentence(3), cutOff, sentence(4)]);
  });
});

test('tells what the account has left, and that it is short of it', async () => {
  await rig.credits(12);
  const conversation = await rig.liveSession();
  const told = await conversation.until('vendor.credits');
  expect(told).toMatchObject({ provider: 'liveavatar-full', low: true });
  await rig.credits(6_000);
  await conversation.stop();
});

describe('a session that can not be had', () => {
  const ends = async (avatar: object, at = rig): Promise<string> => {
    const conversation = await at.session(avatar);
    const ended = await conversation.until('session.ended');
    expect(ended.outcome).toBe('failed');
    return `${ended.code}: ${ended.message}`;
  };

  test('ends with words that name what to change', async () => {
    expect(await ends({ id: 'Wayne_20240711' })).toMatch(/^unknown-avatar: .*UUID/);
    expect(await ends({ voice: { id: 'abc' } })).toMatch(/^bad-request: .*LIVEAVATAR_VOICE_ID/);
    expect(await ends({ knowledgeBaseId: 'abc' })).toMatch(/^bad-request: .*LIVEAVATAR_CONTEXT_ID/);
    await rig.fault({ kind: 'refuse', path: '/v1/sessions/token', error: 'noCredits' });
    expect(await ends({})).toMatch(/^no-credits: .*credits are used up/);
    await using fresh = await Rig.open();
    await fresh.fault({ kind: 'refuse', path: '/v1/sessions/token', status: 401, code: 4010 });
    fresh.startWorker({ providers: new Providers([fresh.full()]) });
    expect(await ends({}, fresh)).toMatch(/^unauthorized: .*LIVEAVATAR_API_KEY/);
  });
});
