import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Providers } from '../src/providers/providers.ts';
import { Rig } from './support/rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.open();
  rig.startWorker();
});
afterEach(() => rig.clearFaults());
afterAll(() => rig[Symbol.asyncDispose]());

describe('a session', () => {
  it('goes live, speaks and ends, and leaves nothing open', async () => {
    const conversation = await rig.liveSession();
    const id = await conversation.say('Hello, this is the avatar.');
    await conversation.until('message.spoken', ({ messageId }) => messageId === id);
    expect(await conversation.spoken()).toEqual(['Hello, this is the avatar.']);

    await conversation.stop();
    const ended = await conversation.until('session.ended');
    expect(ended).toMatchObject({ outcome: 'stopped', message: 'The test is done' });
    expect(
      (await conversation.vendorSessions()).map(({ state, closeReason }) => [state, closeReason]),
    ).toEqual([['closed', 'stopped']]);

    const types = (await conversation.events()).map(({ type }) => type);
    const inOrder = [
      'session.queued',
      'session.starting',
      'vendor.opened',
      'session.live',
      'message.speaking',
      'message.spoken',
    ];
    const end = ['session.stopping', 'vendor.closed', 'session.ended'];
    expect(types.filter((type) => [...inOrder, ...end].includes(type))).toEqual([...inOrder, ...end]);
    expect(await conversation.eventsOf('relay.started')).toMatchObject([
      { engine: 'rtp', reason: 'asked-for' },
    ]);
    expect(types).toEqual(
      expect.arrayContaining(['media.started', 'vendor.event', 'caption.updated', 'avatar.state']),
    );

    const message = await conversation.message(id);
    expect(message).toMatchObject({
      state: 'spoken',
      waitedMs: expect.any(Number),
      vendorMs: expect.any(Number),
      firstFrameMs: expect.any(Number),
    });
    expect(message.taskIds).toHaveLength(1);
  });

  it('says what its avatar does', async () => {
    const conversation = await rig.liveSession();
    await conversation.finished(await conversation.say('What is the weather like?', { mode: 'talk' }));
    await conversation.until('avatar.state', ({ state }) => state === 'speaking');
    await conversation.stop();
    await conversation.until('session.ended');
    const states = (await conversation.eventsOf('avatar.state')).map(({ state }) => state);
    expect(states).toEqual(['initializing', 'listening', 'thinking', 'speaking', 'listening']);
  });

  it('captions what is said, with the message it belongs to', async () => {
    const conversation = await rig.liveSession();
    const id = await conversation.say('Captions are for everybody.');
    const caption = await conversation.until('caption.updated', ({ final }) => final);
    expect(caption).toMatchObject({ speaker: 'avatar', text: 'Captions are for everybody.', messageId: id });
    await conversation.stop();
  });

  it('is kept alive at the vendor while nobody speaks', async () => {
    const conversation = await rig.liveSession({ idleTimeoutSeconds: 30 });
    const since = Date.now();
    const kept = async () =>
      (await rig.requests()).filter(({ path, at }) => path.includes('keep_alive') && at > since).length;
    await expect.poll(kept, { timeout: 15_000, interval: 500 }).toBeGreaterThan(0);
    await conversation.stop();
  });

  it('can be stopped while its avatar is on the way, and stops what comes into being', async () => {
    await rig.fault({ kind: 'delay', path: '/v1/streaming.start', ms: 1_500 });
    const conversation = await rig.session();
    await conversation.until('vendor.opened');
    await conversation.stop();
    await conversation.until('session.ended');
    expect((await conversation.eventsOf('session.live')).length).toBe(0);
    expect((await conversation.vendorSessions()).map(({ state }) => state)).toEqual(['closed']);
  });

  it('drops what was not said when it is stopped', async () => {
    const conversation = await rig.liveSession();
    const spoken = await conversation.say(
      'I am being said and this takes a moment or two, as long sentences do.',
    );
    const waiting = await conversation.say('I am not even begun.');
    await conversation.until('message.speaking', ({ messageId }) => messageId === spoken);
    await conversation.stop();
    expect(await conversation.finished(spoken, waiting)).toEqual(['dropped', 'dropped']);
    expect((await conversation.message(waiting)).reason).toContain('The test is done');
    expect(await conversation.spoken()).toEqual([]);
  });

  it('keeps trying while the vendor is out of order', async () => {
    await rig.fault({ kind: 'refuse', path: '/v1/streaming.new', status: 503, times: 4 });
    const conversation = await rig.session();
    await conversation.until('session.live');
    expect(
      (await rig.requests()).filter(({ path, status }) => path.endsWith('streaming.new') && status === 503),
    ).toHaveLength(4);
    await conversation.stop();
  });

  it('waits while the vendor refuses a key that has worked, and speaks on when that has passed', async () => {
    const conversation = await rig.liveSession();
    await rig.fault({ kind: 'refuse', path: '*', error: 'unauthorized', times: 'always' });
    const said = await conversation.say('This is said when the key is taken again.');
    await rig.fault({ kind: 'drop-session' });
    await conversation.until('session.recovering', ({ attempt }) => attempt > 1);
    await rig.clearFaults();
    expect(await conversation.finished(said)).toEqual(['spoken']);
    await conversation.stop();
  });

  it('opens another vendor session while the vendor does not answer to the stop of the former one', async () => {
    const conversation = await rig.liveSession();
    await rig.fault({ kind: 'hang', path: '/v1/streaming.stop', times: 'always' });
    await rig.fault({ kind: 'drop-session' });
    const { at } = await conversation.until('session.recovering');
    const live = await conversation.until('session.live', (event) => event.at > at);
    expect(live.at - at).toBeLessThan(5_000);
    const [former] = await conversation.eventsOf('vendor.opened');
    const written = (await rig.store.vendorSessions()).filter(
      ({ sessionId }) => sessionId === conversation.id,
    );
    expect(written.map(({ id, givenUp }) => [id, givenUp])[0]).toEqual([former?.vendorSessionId, true]);
    expect(written).toHaveLength(2);
    await rig.clearFaults();
    await conversation.until('vendor.closed');
    await conversation.stop();
    await conversation.until('session.ended');
  });

  it('ends with a reason that names the avatar nobody knows', async () => {
    const conversation = await rig.session({ id: 'nobody-knows-this-one' });
    const ended = await conversation.until('session.ended');
    expect(ended).toMatchObject({
      outcome: 'failed',
      code: 'unknown-avatar',
      message: expect.stringContaining('avatar'),
    });
  });
});

describe('an account that the vendor refuses', () => {
  it('ends its sessions with a reason that names HEYGEN_API_KEY', async () => {
    await using wrong = await Rig.open();
    wrong.startWorker({ providers: new Providers([wrong.provider({ apiKey: 'not-the-key-of-anybody' })]) });
    const conversation = await wrong.session();
    const ended = await conversation.until('session.ended');
    expect(ended).toMatchObject({
      outcome: 'failed',
      code: 'unauthorized',
      message: expect.stringContaining('HEYGEN_API_KEY'),
    });
    expect(ended.message).not.toContain('not-the-key-of-anybody');
  });

  it('waits for room when the account holds as many sessions as it may', async () => {
    await using small = await Rig.open({ limits: { concurrency: 1 } });
    small.startWorker();
    const first = await small.liveSession();
    const second = await small.session();
    await second.until('session.starting');
    await first.stop();
    await second.until('session.live');
    await second.stop();
    await second.until('session.ended');
    expect(await small.openVendorSessions()).toEqual([]);
  });
});
