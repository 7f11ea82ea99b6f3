import { z } from 'zod';
import { MessageMode } from './message.ts';

/** What a worker can put avatars on a stage with, and what it needs for that. */
export const knownProviders = {
  heygen: { needs: 'HEYGEN_API_KEY' },
  'liveavatar-full': { needs: 'LIVEAVATAR_API_KEY' },
  'liveavatar-lite': { needs: 'LIVEAVATAR_API_KEY' },
  'voice-only': { needs: undefined },
} as const satisfies Record<string, { needs: string | undefined }>;

export const providerNames = Object.keys(knownProviders) as (keyof typeof knownProviders)[];

/**
 * Which providers there are is the workers' business: an unknown name is refused where theirs are known.
 * `heygen@eu` is `heygen` by the vendor account `eu`; `heygen` stands for all accounts that the workers have,
 * in their order.
 */
export const ProviderName = z.string().regex(/^[a-z][a-z0-9-]{0,31}(@[a-z0-9][a-z0-9-]{0,31})?$/, {
  error: `must be the name of a provider: ${providerNames.join(', ')}, perhaps with @ and an account`,
});
export type ProviderName = z.infer<typeof ProviderName>;

/** `heygen` of `heygen@eu`. */
export const providerKind = (name: string): string => name.replace(/@.*$/, '');

/** A provider's name by one of several vendor accounts, or by the only one. */
export const providerOf = (kind: string, account: string | undefined): string =>
  account === undefined ? kind : `${kind}@${account}`;

/** Whether a provider is what a name stands for: that very one, or one of its accounts. */
export const isNamed = (provider: string, name: string): boolean =>
  provider === name || providerKind(provider) === name;

/**
 * A provider of a session. `avatarId` and `voiceId` replace those of `avatar` while it is in use: ids differ
 * by vendor.
 */
export const SessionProvider = z.strictObject({
  name: ProviderName,
  avatarId: z.string().min(1).max(128).optional(),
  voiceId: z.string().min(1).max(128).optional(),
});
export type SessionProvider = z.infer<typeof SessionProvider>;

/** What a worker says of a provider that it has the keys for. */
export const OfferedProvider = z.object({
  name: ProviderName,
  modes: z.array(MessageMode),
  /** `talk` works only with a `knowledgeBase` or a `knowledgeBaseId` in the session's avatar settings. */
  talkNeedsKnowledge: z.boolean(),
  /** Its avatars' ids are UUIDs. */
  uuidAvatars: z.boolean(),
  /** It has an avatar for the id `default`. */
  defaultAvatar: z.boolean(),
});
export type OfferedProvider = z.infer<typeof OfferedProvider>;

/**
 * What a worker, or all workers of an account, offer. `order`: the providers of a session that names none.
 */
export const OfferedProviders = z.object({
  offered: z.array(OfferedProvider),
  order: z.array(ProviderName),
});
export type OfferedProviders = z.infer<typeof OfferedProviders>;
