import type { OfferedProvider } from '@avatar-bridge/contracts';
import { NewSessionRequest } from '@avatar-bridge/heygen-client';
import { expect, test } from 'vitest';
import { sessionRequestOf } from './new-session.ts';

const provider = (name: string, uuidAvatars: boolean, defaultAvatar: boolean): OfferedProvider => ({
  name,
  modes: ['repeat', 'talk'],
  talkNeedsKnowledge: false,
  uuidAvatars,
  defaultAvatar,
});
const full = provider('liveavatar-full', true, true);
const heygen = provider('heygen', false, true);
const offers = (...offered: OfferedProvider[]) => ({ offered, order: offered.map(({ name }) => name) });
const parse = (request: object) => NewSessionRequest.parse(request);

test('takes v1’s defaults where a request says nothing', () => {
  expect(sessionRequestOf(parse({}), undefined)).toMatchObject({
    avatar: { id: 'default', quality: 'low', videoEncoding: 'VP8', idleTimeoutSeconds: 120, voice: {} },
  });
});

test('takes over every setting that has a counterpart', () => {
  const v1 = parse({
    avatar_name: 'Wayne_20240711',
    quality: 'high',
    voice: { voice_id: 'v', rate: 1.2, emotion: 'Excited' },
    language: 'en',
    knowledge_base: 'You are kind.',
    knowledge_base_id: 'kb',
    video_encoding: 'H264',
    version: 'v2',
    source: 'sdk',
    silence_response: true,
    stt_settings: { provider: 'deepgram', confidence: 0.5 },
    activity_idle_timeout: 3_600,
  });
  expect(sessionRequestOf(v1, offers(heygen))).toMatchObject({
    avatar: {
      id: 'Wayne_20240711',
      quality: 'high',
      videoEncoding: 'H264',
      voice: { id: 'v', rate: 1.2, emotion: 'excited' },
      language: 'en',
      knowledgeBase: 'You are kind.',
      knowledgeBaseId: 'kb',
      silenceResponse: true,
      stt: { provider: 'deepgram', confidence: 0.5 },
      idleTimeoutSeconds: 3_599,
    },
  });
});

test('a request without a timeout is idle after an hour at the latest', () => {
  expect(sessionRequestOf(parse({ disable_idle_timeout: true }), undefined).avatar.idleTimeoutSeconds).toBe(
    3_599,
  );
});

test('LiveAvatar shows its default avatar in place of one that only v1 had', () => {
  const v1 = parse({ avatar_id: 'Wayne_20240711', voice: { voice_id: 'v' }, knowledge_base_id: 'kb' });
  const request = sessionRequestOf(v1, offers(full, heygen));
  expect(request.providers).toEqual([{ name: 'liveavatar-full', avatarId: 'default' }, { name: 'heygen' }]);
  expect(request.avatar.voice).toEqual({});
  expect(request.avatar.knowledgeBaseId).toBeUndefined();
});

test('the order is the workers’ where the avatar can be anybody’s', () => {
  const id = '073b60a9-89a8-45aa-8902-c358f64d2852';
  expect(sessionRequestOf(parse({ avatar_id: id }), offers(full, heygen)).providers).toBeUndefined();
  expect(sessionRequestOf(parse({}), offers(full)).providers).toBeUndefined();
});

test('an avatar that nobody can show is refused in v1’s words', () => {
  const without = { ...full, defaultAvatar: false };
  expect(() => sessionRequestOf(parse({ avatar_id: 'Wayne_20240711' }), offers(without))).toThrow(
    'avatar not allow',
  );
});

test('a setting that is not valid is refused by its name', () => {
  expect(() => sessionRequestOf(parse({ language: 'English' }), undefined)).toThrow(
    'Invalid parameters: avatar.language: must be a language tag',
  );
});
