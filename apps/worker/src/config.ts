import { readFileSync } from 'node:fs';
import {
  ConfigError,
  isNamed,
  knownProviders,
  parseEnv,
  providerKind,
  ProviderName,
  providerNames,
  redisUrl,
  retentionVariables,
  unknownVariables,
  wholeNumber,
} from '@avatar-bridge/contracts';
import { z } from 'zod';
import { PoolSettings } from './pool/pool-settings.ts';
import {
  missingKeys,
  providersBy,
  slotsOf,
  type VendorAccount,
  VendorAccounts,
  vendorAccounts,
} from './vendor-accounts.ts';

/** Variables of the other apps: a shared environment is not a misspelt one. */
const others = [
  'BRIDGE_CHATBOT_KEYS',
  'BRIDGE_OPERATOR_KEYS',
  'BRIDGE_PUBLIC_URL',
  'BRIDGE_VIEWER_TTL_SECONDS',
  'BRIDGE_QUEUE_LIMIT',
  'BRIDGE_MAILBOX_LIMIT',
  'BRIDGE_MAX_DURATION_SECONDS',
  'BRIDGE_QUEUED_SECONDS',
  'BRIDGE_IDLE_SECONDS',
  'BRIDGE_UNWATCHED_SECONDS',
  'BRIDGE_KEY_LIMITS',
  'BRIDGE_CONSOLE_DIR',
  'BRIDGE_V1_DOOR',
  'BRIDGE_V1_DOOR_ORIGINS',
  'BRIDGE_PROVIDER',
];

const url = (...protocols: string[]) =>
  z
    .string('is needed')
    .refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol.slice(0, -1)), {
      error: `must be a URL that begins with ${protocols.map((protocol) => `${protocol}://`).join(' or ')}`,
    });

const isProvider = (name: string) =>
  ProviderName.safeParse(name).success && Object.hasOwn(knownProviders, providerKind(name));

const key = (what: string) => z.string().optional().describe(what);

const Environment = z.object({
  REDIS_URL: redisUrl
    .default('redis://127.0.0.1:6379')
    .describe('the Redis that all gateways and workers share'),
  LIVEKIT_URL: url('ws', 'wss', 'http', 'https').describe("the team's LiveKit server, the stage; required"),
  LIVEKIT_API_KEY: z.string("is needed: the LiveKit server's API key").describe('its API key; required'),
  LIVEKIT_API_SECRET: z
    .string("is needed: the LiveKit server's API secret")
    .describe('its API secret; required'),
  LIVEKIT_PUBLIC_URL: url('ws', 'wss', 'http', 'https')
    .optional()
    .describe('where viewers and vendors reach it; default: LIVEKIT_URL'),
  BRIDGE_SECRET: z
    .string()
    .min(16, 'must have at least 16 characters')
    .optional()
    .describe(
      'seals in Redis what another worker needs to go on with a vendor session; the same for all workers; default: made from LIVEKIT_API_SECRET',
    ),
  LIVEAVATAR_API_KEY: key('the key of the LiveAvatar account, for liveavatar-full and liveavatar-lite'),
  LIVEAVATAR_BASE_URL: url('http', 'https')
    .default('https://api.liveavatar.com')
    .describe("where LiveAvatar's API is"),
  LIVEAVATAR_AVATAR_ID: z
    .uuid('must be a UUID')
    .optional()
    .describe('the LiveAvatar avatar of sessions that name none'),
  LIVEAVATAR_SANDBOX: z
    .enum(['true', 'false'], 'must be true or false')
    .default('false')
    .describe('true: sessions are free and last a minute, with one avatar only'),
  LIVEAVATAR_CONTEXT_ID: key('liveavatar-full: the context that answers talk messages'),
  LIVEAVATAR_VOICE_ID: key('liveavatar-full: the voice of sessions that name none'),
  HEYGEN_API_KEY: key("the key of the HeyGen account, for HeyGen's first API (v1): heygen"),
  HEYGEN_BASE_URL: url('http', 'https').default('https://api.heygen.com').describe("where HeyGen's API is"),
  HEYGEN_QUEUE_DEPTH: wholeNumber(1, 4)
    .default(1)
    .describe(
      'utterances HeyGen is given ahead; more than 1 closes the gaps between sentences if HeyGen queues them',
    ),
  BRIDGE_PROVIDERS: z
    .string()
    .transform((list) => list.split(/[\s,]+/).filter((name) => name !== ''))
    .pipe(
      z
        .array(z.string().refine(isProvider, `must be a list of ${providerNames.join(', ')}`))
        .min(1, 'is empty'),
    )
    .optional()
    .describe('which providers sessions use that name none, in order; default: what there is a key for'),
  BRIDGE_VENDOR_ACCOUNTS: VendorAccounts.optional().describe(
    'several accounts, each with its own slots, as JSON: [{"name", "vendor", "keyVariable", "slots"}, …]; replaces the single keys and BRIDGE_SLOTS',
  ),
  BRIDGE_VENDOR_ACCOUNTS_FILE: z.string().optional().describe('or the file that says it'),
  BRIDGE_PROVIDER_WAIT_SECONDS: wholeNumber(1, 3_600)
    .default(20)
    .describe("how long a session waits for one of a provider's slots before its next provider goes on"),
  BRIDGE_PROVIDER_FAILURES: wholeNumber(1, 20)
    .default(3)
    .describe('failures in a row, with nothing said between them, before its next provider goes on'),
  BRIDGE_SPEECH: z
    .enum(['embedded', 'openai', 'elevenlabs'], 'must be embedded, openai or elevenlabs')
    .default('embedded')
    .describe('the voice of liveavatar-lite and voice-only'),
  OPENAI_API_KEY: key('BRIDGE_SPEECH=openai: its key; servers of your own may need none'),
  OPENAI_BASE_URL: url('http', 'https')
    .default('https://api.openai.com/v1')
    .describe('where OpenAI-compatible speech is, up to /v1'),
  OPENAI_SPEECH_MODEL: key('its model'),
  OPENAI_SPEECH_VOICE: key('its voice for sessions that name none'),
  ELEVENLABS_API_KEY: key('BRIDGE_SPEECH=elevenlabs: its key'),
  ELEVENLABS_BASE_URL: url('http', 'https')
    .default('https://api.elevenlabs.io')
    .describe("where ElevenLabs' API is"),
  ELEVENLABS_VOICE_ID: key('its voice for sessions that name none'),
  ELEVENLABS_MODEL: key('its model'),
  BRIDGE_RESPONDER_URL: url('http', 'https')
    .optional()
    .describe(
      'liveavatar-lite and voice-only: what answers talk messages, an OpenAI-compatible API, up to /v1',
    ),
  BRIDGE_RESPONDER_API_KEY: key('its key'),
  BRIDGE_RESPONDER_MODEL: z.string().default('gpt-4o-mini').describe('its model'),
  BRIDGE_RESPONDER_PROMPT: key('what it is told of its part'),
  BRIDGE_ACCOUNT: z
    .string()
    .regex(/^[\w-]{1,64}$/, 'must be 1 to 64 letters, digits, _ or -')
    .default('default')
    .describe('the vendor account whose sessions these are'),
  BRIDGE_SLOTS: wholeNumber(1, 10_000)
    .default(3)
    .describe('concurrent sessions the vendor account allows, over all workers'),
  BRIDGE_WARM_POOL: PoolSettings.optional().describe(
    'vendor sessions kept ready for sessions to come, over all workers: avatar id=how many, separated by commas, or JSON [{"avatar":{…},"count":1}]; each takes a slot and costs what a session costs',
  ),
  BRIDGE_CAPACITY: wholeNumber(1, 10_000).default(20).describe('sessions this worker owns at a time'),
  BRIDGE_DRAIN_SECONDS: wholeNumber(1, 600)
    .default(20)
    .describe('how long sessions may take to be handed over after SIGTERM'),
  BRIDGE_RELAY_ENGINE: z
    .enum(['auto', 'rtp', 'transcode'], 'must be auto, rtp or transcode')
    .default('auto')
    .describe(
      'how the avatar is carried to the stage: packets as they are (rtp), encoded anew (transcode), or what works (auto)',
    ),
  BRIDGE_WORKER_HOST: z
    .string()
    .default('127.0.0.1')
    .describe('the address of health and metrics; containers set 0.0.0.0'),
  BRIDGE_WORKER_PORT: wholeNumber(0, 65_535).default(8081).describe('their port; 0 takes a free one'),
  ...retentionVariables,
  BRIDGE_KEEP_VENDOR_EVENTS: z
    .enum(['true', 'false'], 'must be true or false')
    .default('false')
    .transform((value) => value === 'true')
    .describe(
      'true: the event log holds what the vendor says as it came, too; it takes about twice the memory',
    ),
  BRIDGE_SWEEP_UNKNOWN: z
    .enum(['true', 'false'], 'must be true or false')
    .default('false')
    .transform((value) => value === 'true')
    .describe(
      'true: vendor sessions are stopped that nobody wrote down; only where nothing else uses the vendor account',
    ),
  BRIDGE_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('how much is logged to stderr'),
});
export type Config = Omit<z.infer<typeof Environment>, 'BRIDGE_VENDOR_ACCOUNTS'> & {
  /** In order. */
  vendorAccounts: VendorAccount[];
};

/** What depends on each other. */
const Choices = Environment.pick({
  BRIDGE_PROVIDERS: true,
  BRIDGE_VENDOR_ACCOUNTS: true,
  LIVEAVATAR_API_KEY: true,
  HEYGEN_API_KEY: true,
  BRIDGE_SPEECH: true,
  OPENAI_API_KEY: true,
  OPENAI_BASE_URL: true,
  ELEVENLABS_API_KEY: true,
  BRIDGE_WARM_POOL: true,
  BRIDGE_SLOTS: true,
});

/**
 * Reads the environment; `unknown` are variables that are most likely misspelt.
 *
 * @throws ConfigError that names every fault, never a value.
 */
export function readConfig(given: Variables): { config: Config; unknown: string[] } {
  const env = withFile(given);
  const faults = faultsOf(() => parseEnv(Environment, env));
  if (faultsOf(() => parseEnv(Choices, env)).length === 0)
    faults.push(...contradictions(parseEnv(Choices, env), env));
  if (faults.length > 0) throw new ConfigError(faults);
  const { BRIDGE_VENDOR_ACCOUNTS: listed, ...parsed } = parseEnv(Environment, env);
  const accounts = vendorAccounts(listed, parsed, env);
  return {
    config: { ...parsed, BRIDGE_SLOTS: slotsOf(accounts) ?? parsed.BRIDGE_SLOTS, vendorAccounts: accounts },
    unknown: unknownVariables('BRIDGE_', [...Object.keys(Environment.shape), ...others], env),
  };
}

type Variables = Record<string, string | undefined>;

function withFile(env: Variables): Variables {
  const path = env['BRIDGE_VENDOR_ACCOUNTS_FILE']?.trim();
  if (!path) return env;
  try {
    return { ...env, BRIDGE_VENDOR_ACCOUNTS: readFileSync(path, 'utf8') };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError([`BRIDGE_VENDOR_ACCOUNTS_FILE: can't be read (${code})`]);
  }
}

function faultsOf(parse: () => unknown): string[] {
  try {
    parse();
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

/** What each variable may be, but not all of them together. */
function contradictions(config: z.infer<typeof Choices>, env: Variables): string[] {
  const listed = config.BRIDGE_VENDOR_ACCOUNTS;
  const faults: string[] = listed ? missingKeys(listed, env) : [];
  for (const name of config.BRIDGE_PROVIDERS ?? []) {
    const { needs } = knownProviders[providerKind(name) as keyof typeof knownProviders];
    if (!needs) continue;
    if (listed || name.includes('@')) {
      const has = listed?.flatMap(providersBy).some((provider) => isNamed(provider, name));
      if (!has) faults.push(`BRIDGE_VENDOR_ACCOUNTS: lacks an account for ${name} (BRIDGE_PROVIDERS)`);
    } else if (config[needs] === undefined) {
      faults.push(`${needs}: is needed for ${name} (BRIDGE_PROVIDERS)`);
    }
  }
  if (!config.BRIDGE_PROVIDERS && !listed && !config.LIVEAVATAR_API_KEY && !config.HEYGEN_API_KEY)
    faults.push('LIVEAVATAR_API_KEY: is needed, or HEYGEN_API_KEY, or BRIDGE_PROVIDERS=voice-only');
  if (config.BRIDGE_SPEECH === 'elevenlabs' && config.ELEVENLABS_API_KEY === undefined)
    faults.push('ELEVENLABS_API_KEY: is needed for BRIDGE_SPEECH=elevenlabs');
  if (
    config.BRIDGE_SPEECH === 'openai' &&
    config.OPENAI_API_KEY === undefined &&
    new URL(config.OPENAI_BASE_URL).hostname === 'api.openai.com'
  )
    faults.push('OPENAI_API_KEY: is needed for BRIDGE_SPEECH=openai');
  const kept = (config.BRIDGE_WARM_POOL ?? []).reduce((sum, { count }) => sum + count, 0);
  if (kept > config.BRIDGE_SLOTS)
    faults.push(`BRIDGE_WARM_POOL: keeps ${kept} ready, and BRIDGE_SLOTS allows ${config.BRIDGE_SLOTS}`);
  return faults;
}

/** What `--help` prints: every variable with its meaning and its default. */
export function help(): string {
  const described = z.toJSONSchema(Environment, { io: 'input' });
  const rows = Object.entries(described.properties ?? {}).map(([name, property]) => {
    const { description = '', default: fallback } = property as {
      description?: string;
      default?: string | number;
    };
    return `  ${name.padEnd(24)} ${description}${fallback === undefined ? '' : ` (default ${fallback})`}`;
  });
  return `avatar-bridge worker: owns sessions, each with its vendor session and its relay\n\nIt reads these environment variables:\n${rows.join('\n')}\n`;
}
