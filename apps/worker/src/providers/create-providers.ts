import { HeyGenClient } from '@avatar-bridge/heygen-client';
import { LiveAvatarClient } from '@avatar-bridge/heygen-client/liveavatar';
import { isNamed } from '@avatar-bridge/contracts';
import type { SlotAccount } from '@avatar-bridge/session-store';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { idOf, providersBy, type VendorAccount } from '../vendor-accounts.ts';
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
  /** Accounts that have slots of their own. */
  accounts: SlotAccount[];
  close(): Promise<void>;
};

/** The providers that the configuration has what they need for. */
export function createProviders(config: Config, logger: Logger): CreatedProviders {
  const ownVoice = createOwnVoice(config);
  const seal = new Seal(config.BRIDGE_SECRET ?? config.LIVEKIT_API_SECRET);
  const byLiveAvatar = ({ apiKey, baseUrl, ...account }: VendorAccount) => {
    const client = new LiveAvatarClient({ apiKey, baseUrl, logger });
    const { avatarId, contextId, voiceId, name } = account;
    const sandbox = config.LIVEAVATAR_SANDBOX === 'true';
    const common = { client, avatarId, sandbox, logger, account: name };
    return [
      new FullProvider({ ...common, contextId, voiceId, seal }),
      new LiteProvider({ ...common, ownVoice }),
    ] as const;
  };
  const byHeyGen = ({ apiKey, baseUrl, name }: VendorAccount) => {
    const client = new HeyGenClient({ apiKey, baseUrl, logger });
    const queueDepth = config.HEYGEN_QUEUE_DEPTH;
    return [new HeyGenProvider({ client, logger, seal, queueDepth, account: name })] as const;
  };
  const all: AvatarProvider[] = [];
  const usual: string[] = [];
  for (const account of config.vendorAccounts) {
    const made = account.vendor === 'heygen' ? byHeyGen(account) : byLiveAvatar(account);
    all.push(...made);
    usual.push(made[0].name);
  }
  all.push(new VoiceOnlyProvider({ ownVoice, logger }));
  const names = all.map(({ name }) => name);
  return {
    all,
    order: config.BRIDGE_PROVIDERS?.flatMap((name) => names.filter((made) => isNamed(made, name))) ?? usual,
    accounts: config.vendorAccounts.flatMap((account) => {
      const { slots } = account;
      return slots === undefined ? [] : [{ id: idOf(account), slots, providers: providersBy(account) }];
    }),
    close: () => ownVoice.close(),
  };
}
