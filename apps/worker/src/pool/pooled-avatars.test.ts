import { AvatarSettings, ConfigError } from '@avatar-bridge/contracts';
import { HeyGenClient } from '@avatar-bridge/heygen-client';
import { EmbeddedSpeech } from '@avatar-bridge/speech';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { HeyGenProvider } from '../providers/heygen/heygen-provider.ts';
import { OwnVoice } from '../providers/own-voice/own-voice.ts';
import { Providers } from '../providers/providers.ts';
import { Seal } from '../providers/seal.ts';
import { VoiceOnlyProvider } from '../providers/voice-only/voice-only-provider.ts';
import { pooledAvatars } from './pooled-avatars.ts';

const logger = pino({ level: 'silent' });
const client = new HeyGenClient({ apiKey: 'a-key-of-the-tests', baseUrl: 'http://127.0.0.1:9' });
const heygen = new HeyGenProvider({ client, logger, seal: new Seal('a secret of the tests') });
const voiceOnly = new VoiceOnlyProvider({
  ownVoice: new OwnVoice({ synthesizer: new EmbeddedSpeech() }),
  logger,
});
const setting = (avatar: object) => ({ avatar: AvatarSettings.parse(avatar), count: 1 });

test('each avatar has a key of its own, and it is that of a session that wants the same', () => {
  const providers = new Providers([heygen, voiceOnly]);
  const [usual, low] = pooledAvatars(providers, [setting({}), setting({ quality: 'low' })]);
  expect(usual?.key).not.toBe(low?.key);
  const avatar = AvatarSettings.parse({ quality: 'low', openingText: 'Welcome.' });
  expect(heygen.poolKey({ avatar })).toBe(low?.key);
  expect(pooledAvatars(providers)).toEqual([]);
});

test('what can not be kept, or is named twice, is a fault of the configuration', () => {
  expect(() => pooledAvatars(new Providers([voiceOnly, heygen]), [setting({})])).toThrow(
    /BRIDGE_WARM_POOL: no session of voice-only/,
  );
  expect(() => pooledAvatars(new Providers([heygen]), [setting({}), setting({ id: 'default' })])).toThrow(
    ConfigError,
  );
});
