import { HeyGenClient } from '@avatar-bridge/heygen-client';
import { LiveAvatarClient } from '@avatar-bridge/heygen-client/liveavatar';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { AvatarProvider } from './avatar-provider.ts';
import { HeyGenProvider } from './heygen/heygen-provider.ts';
import { FullProvider } from './liveavatar-full/full-provider.ts';
import { LiteProvider } from './liveavatar-lite/lite-provider.ts';
import { createOwnVoice } from './own-voice/create-own-voice.ts';
import { Seal } from './seal.ts';
import { VoiceOnlyProvider } from './voice-only/voice-only-provider.ts';

export type CreatedProviders = {
  /** All that there is a key for. */
  all: AvatarProvider[];
  /** Names of those that sessions use which name none. */
  order: string[];
  close(): Promise<void>;
};

/** The providers that the configuration has what they need for. */
export function createProviders(config: Config, logger: Logger): CreatedProviders {
  const ownVoice = createOwnVoice(config);
  const seal = new Seal(config.BRIDGE_SECRET ?? config.LIVEKIT_API_SECRET);
  const all: AvatarProvider[] = [];
  const usual: string[] = [];
  if (config.LIVEAVATAR_API_KEY !== undefined) {
    const client = new LiveAvatarClient({
      apiKey: config.LIVEAVATAR_API_KEY,
      baseUrl: config.LIVEAVATAR_BASE_URL,
      logger,
    });
    const avatarId = config.LIVEAVATAR_AVATAR_ID;
    const sandbox = config.LIVEAVATAR_SANDBOX === 'true';
    const { LIVEAVATAR_CONTEXT_ID: contextId, LIVEAVATAR_VOICE_ID: voiceId } = config;
    all.push(new FullProvider({ client, avatarId, sandbox, contextId, voiceId, logger, seal }));
    all.push(new LiteProvider({ client, ownVoice, avatarId, sandbox, logger }));
    usual.push('liveavatar-full');
  }
  if (config.HEYGEN_API_KEY !== undefined) {
    const client = new HeyGenClient({
      apiKey: config.HEYGEN_API_KEY,
      baseUrl: config.HEYGEN_BASE_URL,
      logger,
    });
    all.push(new HeyGenProvider({ client, logger, seal, queueDepth: config.HEYGEN_QUEUE_DEPTH }));
    usual.push('heygen');
  }
  all.push(new VoiceOnlyProvider({ ownVoice, logger }));
  return {
    all,
    order: config.BRIDGE_PROVIDERS ?? usual,
    close: () => ownVoice.close(),
  };
}
