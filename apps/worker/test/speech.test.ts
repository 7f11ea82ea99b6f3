import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Providers } from '../src/providers/providers.ts';
import { Rig, sentence } from './support/rig.ts';

const long =
  'This is one long sentence without any end that the avatar would go on and on with for quite a while if nobody interrupted it';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.open();
  rig.startWorker();
});
afterEach(() => rig.clearFaults());
afterAll(() => rig[Symbol.asyncDispose]());

describe.concurrent('messages', () => {
  it('are said in the order in which they were accepted', async () => {
    const conversation = await rig.liveSession();
    const texts = Array.from({ length: 20 }, (_, index) => `${index + 1}.`);
    const ids: string[] = [];
    for (const text of texts) ids.push(await conversation.say(text)); // oxlint-disable-line no-await-in-loop -- in order
    expect(new Set(await conversation.finished(...ids))).toEqual(new Set(['spoken']));
    expect(await conversation.spoken()).toEqual(texts);
    const tasks = (await conversation.vendorSessions())[0]!.tasks;
    const gaps = tasks.slice(1).map((task, index) => task.startedAt! - tasks[index]!.stoppedAt!);
    console.log('gaps between messages, ms:', Math.min(...gaps), '..', Math.max(...gaps));
    await conversation.stop();
  }, 60_000);

  it('are said a sentence at a time', async () => {
    const conversation = await rig.liveSession();
    const [state] = await conversation.finished(
      await conversation.say('Good morning, Dr. Smith and Mrs. Jones. How did you sleep last night?'),
    );
    expect(state).toBe('spoken');
    expect(await conversation.spoken()).toEqual([
      'Good morning, Dr. Smith and Mrs. Jones.',
      'How did you sleep last night?',
    ]);
    await conversation.stop();
  });

  it('are not said once they were cancelled', async () => {
    const conversation = await rig.liveSession();
    const first = await conversation.say(sentence('first'));
    const cancelled = await conversation.say(sentence('cancelled'));
    const last = await conversation.say(sentence('last'));
    await rig.store.cancelMessage(conversation.id, cancelled);
    expect(await conversation.finished(first, cancelled, last)).toEqual(['spoken', 'dropped', 'spoken']);
    expect(await conversation.spoken()).toEqual([sentence('first'), sentence('last')]);
    await conversation.stop();
  });

  it('expire when they have waited too long, and not before', async () => {
    const conversation = await rig.liveSession();
    const first = await conversation.say(long);
    await conversation.until('message.speaking');
    const stale = await conversation.say(sentence('stale'), { expiresAfter: 500 });
    const fresh = await conversation.say(sentence('fresh'), { expiresAfter: 60_000 });
    await conversation.until('message.expired', ({ messageId }) => messageId === stale, 3_000);
    await conversation.interrupt();
    expect(await conversation.finished(first, stale, fresh)).toEqual([
      'interrupted',
      'expired',
      'interrupted',
    ]);
    await conversation.stop();
  });
});

describe('a message to an idle session', () => {
  it('reaches the vendor within milliseconds', async () => {
    const conversation = await rig.liveSession();
    const took: number[] = [];
    for (let round = 0; round < 15; round++) {
      const id = await conversation.say(`${round}.`); // oxlint-disable-line no-await-in-loop -- one after the other
      await conversation.finished(id); // oxlint-disable-line no-await-in-loop -- one after the other
      took.push((await conversation.message(id)).waitedMs!); // oxlint-disable-line no-await-in-loop -- one after the other
    }
    took.sort((a, b) => a - b);
    const received = (await conversation.vendorSessions())[0]!.tasks.map(({ receivedAt }) => receivedAt);
    const accepted = (await conversation.eventsOf('message.accepted')).map(({ at }) => at);
    const toVendor = accepted.map((at, index) => received[index]! - at).toSorted((a, b) => a - b);
    console.log('accepted -> answered by the vendor, ms:', took.join(' '));
    console.log('accepted -> at the vendor, ms:', toVendor.join(' '));
    expect(toVendor[Math.floor(toVendor.length / 2)]).toBeLessThan(25);
    await conversation.stop();
  }, 60_000);
});

describe('a vendor that queues', () => {
  it('is given one utterance ahead, which closes the gaps and costs no power to interrupt', async () => {
    await using queueing = await Rig.open();
    queueing.startWorker({ providers: new Providers([queueing.provider({ queueDepth: 2 })]) });
    const conversation = await queueing.liveSession();
    const ids = await Promise.all([1, 2, 3].map((n) => conversation.say(sentence(n))));
    expect(await conversation.finished(...ids)).toEqual(['spoken', 'spoken', 'spoken']);
    const { tasks } = (await conversation.vendorSessions())[0]!;
    const gaps = tasks.slice(1).map((task, index) => task.startedAt! - tasks[index]!.stoppedAt!);
    console.log('gaps with one utterance ahead, ms:', gaps.join(' '));

    const [playing, ahead] = [await conversation.say(long), await conversation.say(sentence('ahead'))];
    await conversation.until('message.speaking', ({ messageId }) => messageId === playing);
    await conversation.interrupt();
    expect(await conversation.finished(playing, ahead)).toEqual(['interrupted', 'interrupted']);
    expect(await conversation.spoken()).toEqual([1, 2, 3].map(sentence));
    await conversation.stop();
  });
});

describe('interrupt', () => {
  it('silences what was accepted before it, and nothing else', async () => {
    const conversation = await rig.liveSession();
    const spoken = await conversation.say(long);
    const waiting = await conversation.say(sentence('waiting'));
    await conversation.until('message.speaking', ({ messageId }) => messageId === spoken);
    const { id: commandId } = await conversation.interrupt();
    const after = await conversation.say(sentence('after'));
    const done = await conversation.until('interrupt.done', (event) => event.commandId === commandId);
    expect(done.tookMs).toBeLessThan(300);
    console.log('interrupt took, ms:', done.tookMs);
    expect(await conversation.finished(spoken, waiting, after)).toEqual([
      'interrupted',
      'interrupted',
      'spoken',
    ]);
    expect(await conversation.spoken()).toEqual([sentence('after')]);
    const { spokenText } = await conversation.message(spoken);
    expect(spokenText).toBe(long.slice(0, spokenText?.length));
    expect(await conversation.message(waiting)).toMatchObject({ spokenText: '' });
    await conversation.stop();
  });

  it('is done at once when nothing is said', async () => {
    const conversation = await rig.liveSession();
    await conversation.interrupt();
    expect((await conversation.until('interrupt.done')).tookMs).toBeLessThan(300);
    await conversation.stop();
  });

  it('reaches what is on its way to the vendor, however long that takes', async () => {
    await rig.fault({ kind: 'delay', path: '/v1/streaming.task', ms: 4_000, phase: 'before' });
    const conversation = await rig.liveSession();
    const id = await conversation.say(sentence('on its way'));
    await delay(150);
    await conversation.interrupt();
    const next = await conversation.say(sentence('next'));
    expect(await conversation.finished(id, next)).toEqual(['interrupted', 'spoken']);
    expect(await conversation.spoken()).toEqual([sentence('next')]);
    await conversation.stop();
  });
});

describe('when the vendor loses, delays or disorders things', () => {
  it.each([
    ['the end', ['avatar_stop_talking']],
    ['beginning and end', ['avatar_start_talking', 'avatar_stop_talking']],
    [
      'every word',
      ['avatar_start_talking', 'avatar_stop_talking', 'avatar_talking_message', 'avatar_end_message'],
    ],
  ])('a message is spoken though %s of it was lost', async (_, events) => {
    const conversation = await rig.liveSession();
    await rig.fault({ kind: 'lose-events', events, times: 1 });
    const first = await conversation.say(sentence('one'));
    const second = await conversation.say(sentence('two'));
    expect(await conversation.finished(first, second)).toEqual(['spoken', 'spoken']);
    expect(await conversation.spoken()).toEqual([sentence('one'), sentence('two')]);
    await conversation.stop();
  });

  it('bears events out of order', async () => {
    const conversation = await rig.liveSession();
    await rig.fault({ kind: 'disorder-events', times: 3 });
    const ids = await Promise.all([1, 2, 3].map((n) => conversation.say(sentence(n))));
    expect(await conversation.finished(...ids)).toEqual(['spoken', 'spoken', 'spoken']);
    expect(await conversation.spoken()).toHaveLength(3);
    await conversation.stop();
  });

  it('does not say twice what the vendor took without an answer', async () => {
    const conversation = await rig.liveSession();
    await rig.fault({ kind: 'cut', path: '/v1/streaming.task', phase: 'after' });
    const cut = await conversation.say(sentence('cut'));
    await conversation.finished(cut);
    await rig.fault({ kind: 'hang', path: '/v1/streaming.task', phase: 'after' });
    const hung = await conversation.say(sentence('hung'));
    const next = await conversation.say(sentence('next'));
    expect(await conversation.finished(cut, hung, next)).toEqual(['spoken', 'spoken', 'spoken']);
    expect(await conversation.spoken()).toEqual([sentence('cut'), sentence('hung'), sentence('next')]);
    expect(await conversation.vendorSessions()).toHaveLength(1);
    await conversation.stop();
  });

  it('says again what never reached the vendor', async () => {
    const conversation = await rig.liveSession();
    await rig.fault({ kind: 'cut', path: '/v1/streaming.task', phase: 'before' });
    const cut = await conversation.say(sentence('cut'));
    await rig.fault({ kind: 'refuse', path: '/v1/streaming.task', status: 503, times: 2 });
    expect(await conversation.finished(cut)).toEqual(['spoken']);
    expect(await conversation.spoken()).toEqual([sentence('cut')]);
    await conversation.stop();
  });

  it('opens another vendor session when one is dropped, and says again what was cut off', async () => {
    const conversation = await rig.liveSession();
    const cut = await conversation.say(long);
    const next = await conversation.say(sentence('next'));
    await conversation.until('message.speaking', ({ messageId }) => messageId === cut);
    const [dropped] = await conversation.vendorSessions();
    const at = Date.now();
    await rig.fault({ kind: 'drop-session', sessionId: dropped!.sessionId });
    await conversation.until('session.recovering');
    expect(await conversation.finished(cut, next)).toEqual(['spoken', 'spoken']);
    const [, second] = await conversation.vendorSessions();
    console.log('dropped -> speaks again, ms:', second!.tasks[0]!.startedAt! - at);
    expect(await conversation.spoken()).toEqual([long, sentence('next')]);
    await conversation.stop();
  });

  it('opens another vendor session when the picture stands still', async () => {
    const conversation = await rig.liveSession();
    await conversation.until('media.started', ({ kind }) => kind === 'video');
    const [stalled] = await conversation.vendorSessions();
    await rig.fault({ kind: 'stall-media', sessionId: stalled!.sessionId });
    await conversation.until('media.stalled');
    const recovering = await conversation.until('session.recovering');
    expect(recovering.reason).toContain('stood still');
    const id = await conversation.say(sentence('back'));
    expect(await conversation.finished(id)).toEqual(['spoken']);
    await conversation.stop();
    await conversation.until('session.ended');
    expect((await conversation.vendorSessions()).map(({ state }) => state)).toEqual(['closed', 'closed']);
  });
});
