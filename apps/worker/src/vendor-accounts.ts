import { jsonVariable, type knownProviders, providerOf } from '@avatar-bridge/contracts';
import { z } from 'zod';

/** What an account at a vendor gives: LiveAvatar's serve two providers, out of the same slots. */
const providersOf = {
  liveavatar: ['liveavatar-full', 'liveavatar-lite'],
  heygen: ['heygen'],
} as const satisfies Record<string, readonly (keyof typeof knownProviders)[]>;

type Vendor = keyof typeof providersOf;

const Listed = z.strictObject({
  /** Without one its providers have the names that they have by a single account. */
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'must be 1 to 32 small letters, digits or -')
    .optional(),
  vendor: z.enum(['liveavatar', 'heygen'], 'must be liveavatar or heygen'),
  keyVariable: z
    .string('is needed: the name of the variable that holds the key')
    .regex(/^[A-Z][A-Z0-9_]*$/, 'must be the name of a variable, not a key'),
  slots: z.int('must be a whole number').min(1, 'must be at least 1').max(10_000, 'must be at most 10000'),
  baseUrl: z
    .url({ protocol: /^https?$/, error: 'must be a URL that begins with https:// or http://' })
    .optional(),
  avatarId: z.uuid('must be a UUID').optional(),
  voiceId: z.string().min(1).optional(),
  contextId: z.string().min(1).optional(),
});

/** BRIDGE_VENDOR_ACCOUNTS. */
export const VendorAccounts = jsonVariable.pipe(
  z
    .array(Listed, 'must be a list')
    .min(1, 'is empty')
    .refine((list) => new Set(list.map(idOf)).size === list.length, 'must not list an account twice'),
);

/** An account at a vendor. */
export type VendorAccount = Omit<z.infer<typeof Listed>, 'keyVariable' | 'slots' | 'baseUrl'> & {
  apiKey: string;
  baseUrl: string;
  /** Left out where there is but one number for all accounts. */
  slots?: number;
};

type Environment = Record<string, string | undefined>;

/** The environment of single accounts, by variable. */
export type SingleAccounts = {
  LIVEAVATAR_API_KEY?: string | undefined;
  LIVEAVATAR_BASE_URL: string;
  LIVEAVATAR_AVATAR_ID?: string | undefined;
  LIVEAVATAR_VOICE_ID?: string | undefined;
  LIVEAVATAR_CONTEXT_ID?: string | undefined;
  HEYGEN_API_KEY?: string | undefined;
  HEYGEN_BASE_URL: string;
};

/**
 * The accounts of a configuration, in order: those that are listed, else one for each vendor whose key is
 * set.
 */
export function vendorAccounts(
  listed: z.infer<typeof VendorAccounts> | undefined,
  single: SingleAccounts,
  env: Environment,
): VendorAccount[] {
  const usual = {
    liveavatar: { baseUrl: single.LIVEAVATAR_BASE_URL },
    heygen: { baseUrl: single.HEYGEN_BASE_URL },
  };
  const { LIVEAVATAR_AVATAR_ID: avatarId, LIVEAVATAR_VOICE_ID: voiceId } = single;
  if (listed)
    return listed.map(({ keyVariable, ...account }) => ({
      ...usual[account.vendor],
      ...(account.vendor === 'liveavatar' && { avatarId, voiceId }),
      ...account,
      apiKey: env[keyVariable]?.trim() ?? '',
    }));
  const { LIVEAVATAR_API_KEY, LIVEAVATAR_CONTEXT_ID: contextId, HEYGEN_API_KEY } = single;
  const accounts: VendorAccount[] = [];
  if (LIVEAVATAR_API_KEY !== undefined) {
    const settings = { avatarId, voiceId, contextId };
    accounts.push({ vendor: 'liveavatar', apiKey: LIVEAVATAR_API_KEY, ...usual.liveavatar, ...settings });
  }
  if (HEYGEN_API_KEY !== undefined)
    accounts.push({ vendor: 'heygen', apiKey: HEYGEN_API_KEY, ...usual.heygen });
  return accounts;
}

/** Variables that are to hold a key and do not. */
export function missingKeys(listed: z.infer<typeof VendorAccounts>, env: Environment): string[] {
  return listed
    .filter(({ keyVariable }) => !env[keyVariable]?.trim())
    .map(
      (account) => `${account.keyVariable}: is needed, the key of ${idOf(account)} (BRIDGE_VENDOR_ACCOUNTS)`,
    );
}

/** Which account it is, in words. */
export function idOf({ vendor, name }: { vendor: Vendor; name?: string | undefined }): string {
  return providerOf(vendor, name);
}

/** The names of the providers by an account. */
export function providersBy({ vendor, name }: { vendor: Vendor; name?: string | undefined }): string[] {
  return providersOf[vendor].map((kind) => providerOf(kind, name));
}

/** Concurrent sessions that all accounts allow together; undefined where they don't say. */
export function slotsOf(accounts: readonly VendorAccount[]): number | undefined {
  if (accounts.length === 0) return undefined;
  return accounts.reduce<number | undefined>(
    (sum, { slots }) => (sum === undefined || slots === undefined ? undefined : sum + slots),
    0,
  );
}
