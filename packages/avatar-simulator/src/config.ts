import { z } from 'zod';
import { defaultLimits } from './limits.ts';
import { planNames } from './liveavatar/plans.ts';

const anySeconds = z.coerce.number().positive().max(86_400);
const seconds = (fallback: number): z.ZodType<number> => anySeconds.default(fallback);
const port = z.coerce.number().int().min(0).max(65_535);

const Environment = z.object({
  SIMULATOR_PORT: port.default(8_090).describe('port of the API; 0: a free one'),
  SIMULATOR_HOST: z.string().default('127.0.0.1').describe('address it listens on'),
  SIMULATOR_API_KEY: z.string({ error: 'must be set' }).describe('what clients send as X-Api-Key; required'),
  VENDOR_LIVEKIT_URL: z
    .string({ error: 'must be set' })
    .regex(/^wss?:\/\//, 'must begin with ws:// or wss://')
    .describe("the LiveKit server that stands for the vendor's; required"),
  VENDOR_LIVEKIT_API_KEY: z.string({ error: 'must be set' }).describe('its API key; required'),
  VENDOR_LIVEKIT_API_SECRET: z.string({ error: 'must be set' }).describe('its API secret; required'),
  SIMULATOR_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .default(defaultLimits.concurrency)
    .describe("sessions open at once (the vendor's trial: 3)"),
  SIMULATOR_SESSION_DURATION_LIMIT: seconds(defaultLimits.sessionDurationLimit).describe(
    'seconds until a session ends whatever happens',
  ),
  SIMULATOR_IDLE_TIMEOUT: seconds(defaultLimits.idleTimeout).describe(
    'seconds until an idle session ends, unless its request says otherwise',
  ),
  SIMULATOR_CLIENT_JOIN_TIMEOUT: seconds(defaultLimits.clientJoinTimeout).describe(
    'seconds until a session without its client ends',
  ),
  SIMULATOR_TOKEN_LIFETIME: seconds(defaultLimits.tokenLifetime).describe(
    'seconds until a session token is refused',
  ),
  SIMULATOR_SILENCE_AFTER: seconds(defaultLimits.silenceAfter).describe(
    'seconds until a user counts as silent',
  ),
  SIMULATOR_START_DELAY: z.coerce
    .number()
    .int()
    .min(0)
    .max(60_000)
    .default(0)
    .describe('ms until the avatar joins after streaming.start (the vendor: 2,000 to 5,000)'),
  SIMULATOR_PLAN: z
    .enum(planNames)
    .default('business')
    .describe('what the LiveAvatar account pays for: limits of sessions, and credits'),
  SIMULATOR_MAX_SESSION_DURATION: anySeconds
    .optional()
    .describe('seconds until a LiveAvatar session ends, if not as the plan says'),
  SIMULATOR_REAP_AFTER: seconds(200).describe(
    'seconds until a LiveAvatar session that nobody keeps alive ends',
  ),
  SIMULATOR_TLS_PORT: port
    .optional()
    .describe('also listens with TLS here (443 for the vendor SDK), with a certificate of its own'),
  SIMULATOR_LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('logs go to stderr'),
});

export type Config = z.infer<typeof Environment>;

/** The message lists every variable that is wrong, never a value. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/**
 * Reads the environment. Empty variables count as unset; `unknown` are those that are most likely misspelt.
 *
 * @throws ConfigError
 */
export function readConfig(env: Record<string, string | undefined>): { config: Config; unknown: string[] } {
  const known = Object.keys(Environment.shape);
  const result = Environment.safeParse(
    Object.fromEntries(known.map((name) => [name, env[name]?.trim() || undefined])),
  );
  if (!result.success) {
    const faults = result.error.issues.map(({ path, message }) => `  - ${path.join('.')}: ${message}`);
    throw new ConfigError(['The configuration is not valid:', ...faults].join('\n'));
  }
  return {
    config: result.data,
    unknown: Object.keys(env).filter((name) => name.startsWith('SIMULATOR_') && !known.includes(name)),
  };
}

/** The text of --help. */
export function usage(): string {
  const lines = Object.entries(Environment.shape).map(
    ([name, schema]) => `  ${name.padEnd(34)}${describe(schema)}`,
  );
  return [
    "A double of HeyGen's Streaming API v1 and of LiveAvatar, with a talking face in a real LiveKit room.",
    '',
    'Configured by environment variables:',
    ...lines,
    '',
    'Prints {"listening":"http://host:port"} on stdout when it is ready, and ends its sessions on SIGTERM or SIGINT.',
    '',
  ].join('\n');
}

function describe(schema: z.ZodType): string {
  const fallback = z.union([z.string(), z.number()]).safeParse(schema.safeParse(undefined).data);
  const value = fallback.success ? ` (default ${fallback.data})` : '';
  return `${schema.description ?? ''}${value}`;
}
