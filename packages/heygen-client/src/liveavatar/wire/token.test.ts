import { expect, test } from 'vitest';
import { onePersonaRule } from './errors.ts';
import { TokenRequest } from './token.ts';

const avatar = 'dd73ea75-1218-4ef3-92ce-606d5f7fbc0a';
const persona = { language: 'en' };

test('takes nulls for what may be left out, numbers and booleans as strings, and unknown fields', () => {
  const body = {
    mode: 'FULL',
    avatar_id: avatar,
    is_sandbox: 'true',
    max_session_duration: '60',
    video_settings: null,
    memory: null,
    avatar_persona: { voice_id: null, context_id: null, language: 'en', voice_settings: { speed: '1.1' } },
    something_new: 1,
  };
  expect(TokenRequest.parse(body)).toEqual({
    mode: 'FULL',
    avatar_id: avatar,
    is_sandbox: true,
    max_session_duration: 60,
    avatar_persona: { language: 'en', voice_settings: { speed: 1.1 } },
  });
});

test.for([
  [{ mode: 'CUSTOM', avatar_id: avatar }, 'LITE'],
  [{ mode: 'LITE', avatar_id: avatar, video_quality: 'high' }, 'LITE'],
  [{ avatar_id: avatar, avatar_persona: persona }, 'FULL'],
  [{ mode: null, avatar_id: avatar, avatar_persona: persona }, 'FULL'],
] as const)('reads the mode of %j as %s', ([body, mode]) => {
  expect(TokenRequest.parse(body).mode).toBe(mode);
});

test.for([
  [{ mode: 'FULL', avatar_id: avatar }, onePersonaRule, []],
  [
    { mode: 'FULL', avatar_id: avatar, avatar_persona: persona, voice_agent: { id: avatar } },
    onePersonaRule,
    [],
  ],
  [{ mode: 'FULL', avatar_id: 'Wayne_20240711', avatar_persona: persona }, 'GUID', ['avatar_id']],
  [{ mode: 'LITE' }, 'expected', ['avatar_id']],
  [{ mode: 'LITE', avatar_id: avatar, max_session_duration: 'long' }, 'number', ['max_session_duration']],
  [
    { mode: 'LITE', avatar_id: avatar, livekit_config: { url: 'wss://x' } },
    '',
    ['livekit_config', 'livekit_url'],
  ],
  [{ mode: 'EXTRA', avatar_id: avatar }, '', ['mode']],
  [null, '', []],
] as const)('refuses %j and names the field', ([body, words, path]) => {
  const issue = TokenRequest.safeParse(body).error?.issues[0];
  expect(issue?.message).toContain(words);
  expect(issue?.path).toEqual(path);
});
