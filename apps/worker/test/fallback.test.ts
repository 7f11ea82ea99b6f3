import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Providers } from '../src/providers/providers.ts';
import { type Conversation, Rig, sentence } from './support/rig.ts';
import { WorkerProcess } from './support/worker-process.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.open({ plan: 'starter', liveAvatarLimits: { concurrency: 1 } });
});
afterEach(() => rig[Symbol.asyncDispose]());

const fullThenHeygen = () => new Providers([rig.full(), rig.provider()]);
const lowest = { providers: ['liveavatar-full', 'heygen'] };
const token = '/v1/sessions/token';

/** Who said each message, in order. */
async function speakers(conversation: Conversation): Promise<string[]> {
  const speaking = await conversation.eventsOf('message.speaking');
  return speaking.map(({ provider = '' }) => provider);
}

describe('the next provider goes on', () => {
  test('when one refuses for good, with all that is not said yet, and the events say by whom', async () => {
    rig.startWorker({ providers: fullThenHeygen() });
    const conversation = await rig.liveSession();
    const first = await conversation.say(sentence(1));
    expect(await conversation.finished(first)).toEqual(['spoken']);
    const texts = Array.from({ length: 6 }, (_, index) => `${sentence(index + 2)} And a second half of it.`);
    const ids: string[] = [];
    for (const text of texts) ids.push(await conversation.say(text));
    await conversation.until('message.speaking', ({ messageId }) => messageId === ids[1]);
    await rig.fault({ kind: 'refuse', path: token, error: 'noCredits', times: 'always' });
    await rig.fault({ kind: 'drop-session' });
    expect(new Set(await conversation.finished(...ids))).toEqual(new Set(['spoken']));
    const [change, ...more] = await conversation.eventsOf('provider.changed');
    expect(more).toEqual([]);
    expect(change).toMatchObject({ from: 'liveavatar-full', to: 'heygen' });
    expect(change?.reason).toContain('credits');
    const said = await speakers(conversation);
    expect(said.slice(0, 2)).toEqual(['liveavatar-full', 'liveavatar-full']);
    expect(said.at(-1)).toBe('heygen');
    // The one that was cut off is said again; nothing else is, and nothing is lost.
    const spoken = await conversation.spoken();
    expect([...new Set(spoken)]).toEqual([sentence(1), ...texts]);
    expect(await conversation.session()).toMatchObject({
      provider: 'heygen',
      providers: [{ name: 'liveavatar-full' }, { name: 'heygen' }],
    });
  }, 60_000);

  test('when one has no slot for too long', async () => {
    const selection = { slotWaitMs: 2_000, maxFailures: 3 };
    rig.startWorker({ providers: fullThenHeygen(), selection });
    const first = await rig.liveSession();
    const at = Date.now();
    const second = await rig.liveSession();
    const waitedMs = Date.now() - at;
    expect(waitedMs).toBeGreaterThan(2_000);
    expect(waitedMs).toBeLessThan(12_000);
    expect((await second.eventsOf('provider.changed'))[0]?.reason).toContain('no free session');
    expect(await first.session()).toMatchObject({ provider: 'liveavatar-full' });
    expect(await second.session()).toMatchObject({ provider: 'heygen' });
    expect(await second.finished(await second.say(sentence(1)))).toEqual(['spoken']);
  });

  test('when one keeps failing, and not before', async () => {
    rig.startWorker({ providers: fullThenHeygen() });
    await rig.fault({ kind: 'refuse', path: token, status: 500, times: 'always' });
    const conversation = await rig.liveSession();
    expect(await conversation.eventsOf('provider.changed')).toMatchObject([
      { from: 'liveavatar-full', to: 'heygen' },
    ]);
    expect(await conversation.finished(await conversation.say(sentence(1)))).toEqual(['spoken']);
  });

  test("when HeyGen's first API is switched off", async () => {
    rig.startWorker({ providers: new Providers([rig.provider(), rig.full()]) });
    await rig.switches({ sunset: 'on' });
    const conversation = await rig.liveSession();
    const [change] = await conversation.eventsOf('provider.changed');
    expect(change).toMatchObject({ from: 'heygen', to: 'liveavatar-full' });
    expect(change?.reason).toContain('liveavatar-full');
  });

  test('when the worker lacks what one needs, and with its own avatar', async () => {
    rig.startWorker({ providers: fullThenHeygen() });
    const providers = ['acme', { name: 'liveavatar-full', avatarId: '7b888024-f8c9-4205-95e1-78ce01497bda' }];
    const conversation = await rig.liveSession({ id: 'Wayne_20240711' }, { providers });
    expect((await conversation.eventsOf('provider.changed'))[0]).toMatchObject({
      from: 'acme',
      to: 'liveavatar-full',
    });
    expect(await conversation.vendorSessions()).toMatchObject([
      { avatarId: '7b888024-f8c9-4205-95e1-78ce01497bda' },
    ]);
  });
});

test('the last provider ends the session as ever, with its own reason', async () => {
  rig.startWorker({ providers: fullThenHeygen() });
  await rig.fault({ kind: 'refuse', path: token, error: 'noCredits', times: 'always' });
  await rig.switches({ sunset: 'on' });
  const conversation = await rig.session();
  expect(await conversation.until('session.ended')).toMatchObject({ outcome: 'failed', code: 'sunset' });
  expect(await conversation.eventsOf('provider.changed')).toHaveLength(1);
});

test('a provider that can not answer fails talk at its turn, and says what is around it', async () => {
  rig.startWorker({ providers: new Providers([rig.voiceOnly()]) });
  const conversation = await rig.liveSession();
  const ids = [
    await conversation.say(sentence(1)),
    await conversation.say('Who are you?', { mode: 'talk' }),
    await conversation.say(sentence(2)),
    await conversation.say('🙂 …'),
    await conversation.say(sentence(3)),
  ];
  expect(await conversation.finished(...ids)).toEqual(['spoken', 'failed', 'spoken', 'failed', 'spoken']);
  const failed = await conversation.eventsOf('message.failed');
  expect(failed.map(({ code }) => code)).toEqual(['talk-unsupported', 'no-speech']);
  const order = (await conversation.events()).flatMap((event) =>
    event.type === 'message.spoken' || event.type === 'message.failed' ? [event.messageId] : [],
  );
  expect(order).toEqual(ids);
});

test('the next owner goes on with the provider that is in use', async () => {
  const env = {
    LIVEAVATAR_API_KEY: rig.apiKey,
    LIVEAVATAR_BASE_URL: rig.simulator.url,
    LIVEAVATAR_AVATAR_ID: '513fd1b7-7ef9-466d-9af2-344e51eeb833',
  };
  await using killed = await WorkerProcess.start(rig, env);
  await rig.fault({ kind: 'refuse', path: token, error: 'noCredits', times: 1 });
  const conversation = await rig.liveSession({}, lowest);
  expect(await conversation.session()).toMatchObject({ provider: 'heygen' });
  await conversation.finished(await conversation.say(sentence(1)));
  await using next = await WorkerProcess.start(rig, env);
  const id = await conversation.say(sentence(2));
  await killed.signal('SIGKILL');
  expect(await conversation.finished(id)).toEqual(['spoken']);
  expect(new Set(await speakers(conversation))).toEqual(new Set(['heygen']));
  expect(await conversation.eventsOf('provider.changed')).toHaveLength(1);
  expect(next.url).toBeTruthy();
});
