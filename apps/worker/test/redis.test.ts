import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { startRedis } from './support/own-redis.ts';
import { Rig, sentence } from './support/rig.ts';

it('goes on speaking while Redis hangs for a moment, and writes down later what happened', async () => {
  await using redis = await startRedis();
  await using rig = await Rig.open({}, redis.url);
  rig.startWorker();
  const conversation = await rig.liveSession();
  const id = await conversation.say('Redis hangs while this sentence is being said.');
  await conversation.until('message.speaking');
  redis.freeze();
  await delay(1_000);
  redis.thaw();
  expect(await conversation.finished(id)).toEqual(['spoken']);
  expect(await conversation.vendorSessions()).toHaveLength(1);
  await conversation.stop();
  await conversation.until('session.ended');
});

it('keeps its vendor session while Redis hangs for longer than its lease lasts, and says nothing new until Redis is back', async () => {
  await using redis = await startRedis();
  await using rig = await Rig.open({}, redis.url);
  rig.startWorker();
  const conversation = await rig.liveSession();
  const before = await conversation.say(sentence('before'));
  const under = await conversation.say(
    'This sentence is being said while Redis hangs, and is heard to its end.',
  );
  await conversation.until('message.speaking', ({ messageId }) => messageId === under);
  const waiting = await conversation.say(sentence('waiting'));
  redis.freeze();
  await delay(6_000);
  expect(await rig.openVendorSessions()).toHaveLength(1);
  const told = (await rig.vendorSessions()).at(-1)!.tasks.map(({ text }) => text);
  expect(told).not.toContain(sentence('waiting'));
  redis.thaw();
  const thawedAt = Date.now();
  const after = await conversation.say(sentence('after'));
  expect(await conversation.finished(before, under, waiting, after)).toEqual([
    'spoken',
    'spoken',
    'spoken',
    'spoken',
  ]);
  console.log('Redis is back -> all spoken, ms:', Date.now() - thawedAt);
  expect((await conversation.spoken()).slice(2)).toEqual([sentence('waiting'), sentence('after')]);
  expect(await conversation.vendorSessions()).toHaveLength(1);
  await conversation.stop();
  await conversation.until('session.ended');
  expect(await rig.openVendorSessions()).toEqual([]);
}, 60_000);

it('does not stop a vendor session that looks lost while nobody can say whose it is', async () => {
  await using redis = await startRedis();
  await using rig = await Rig.open({}, redis.url);
  const worker = rig.startWorker();
  const conversation = await rig.liveSession();
  const usurper = await rig.store.claim(conversation.id, { epoch: 1_000, worker: 'usurper' });
  redis.freeze();
  await rig.fault({ kind: 'stall-media' });
  await delay(8_000);
  redis.thaw();
  await vi.waitUntil(() => worker.sessions === 0, { timeout: 10_000 });
  expect(await rig.openVendorSessions()).toHaveLength(1);
  await usurper.end({ outcome: 'stopped', code: 'stopped', message: 'The test is done' });
}, 60_000);
