import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
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

it('stops its vendor session when Redis hangs for longer than its lease lasts, and goes on when Redis is back', async () => {
  await using redis = await startRedis();
  await using rig = await Rig.open({}, redis.url);
  rig.startWorker();
  const conversation = await rig.liveSession();
  const before = await conversation.say(sentence('before'));
  expect(await conversation.finished(before)).toEqual(['spoken']);
  redis.freeze();
  const frozenAt = Date.now();
  await expect.poll(() => rig.openVendorSessions(), { timeout: 10_000, interval: 100 }).toEqual([]);
  console.log('Redis hangs -> vendor session stopped, ms:', Date.now() - frozenAt);
  redis.thaw();
  const thawedAt = Date.now();
  const after = await conversation.say(sentence('after'));
  expect(await conversation.finished(after)).toEqual(['spoken']);
  console.log('Redis is back -> spoken, ms:', Date.now() - thawedAt);
  expect(await conversation.spoken()).toEqual([sentence('before'), sentence('after')]);
  await conversation.stop();
  await conversation.until('session.ended');
  expect(await rig.openVendorSessions()).toEqual([]);
}, 60_000);
