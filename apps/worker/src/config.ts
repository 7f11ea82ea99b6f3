import { parseEnv, unknownVariables } from '@avatar-bridge/contracts';
import { z } from 'zod';

/** Variables of the other apps: a shared environment is not a misspelt one. */
const others = [
  'BRIDGE_CHATBOT_KEYS',
  'BRIDGE_OPERATOR_KEYS',
  'BRIDGE_PUBLIC_URL',
  'BRIDGE_VIEWER_TTL_SECONDS',
  'BRIDGE_MAILBOX_LIMIT',
  'BRIDGE_CONSOLE_DIR',
  'BRIDGE_V1_DOOR',
  'BRIDGE_V1_DOOR_ORIGINS',
  'BRIDGE_PROVIDER',
];

const wholeNumber = (from: number, to: number) => {
  const rule = `must be a whole number from ${from} to ${to}`;
  return z.coerce.number(rule).int(rule).min(from, rule).max(to, rule);
};
const url = (...protocols: string[]) =>
  z
    .string('is needed')
    .refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol.slice(0, -1)), {
      error: `must be a URL that begins with ${protocols.map((protocol) => `${protocol}://`).join(' or ')}`,
    });

const Environment = z.object({
  REDIS_URL: url('redis', 'rediss')
    .default('redis://127.0.0.1:6379')
    .describe('the Redis that all gateways and workers share'),
  LIVEKIT_URL: url('ws', 'wss', 'http', 'https').describe("the team's LiveKit server, the stage; required"),
  LIVEKIT_API_KEY: z.string("is needed: the LiveKit server's API key").describe('its API key; required'),
  LIVEKIT_API_SECRET: z
    .string("is needed: the LiveKit server's API secret")
    .describe('its API secret; required'),
  HEYGEN_API_KEY: z
    .string('is needed: the key of the HeyGen account')
    .describe('the key of the HeyGen account; required'),
  HEYGEN_BASE_URL: url('http', 'https').default('https://api.heygen.com').describe("where HeyGen's API is"),
  HEYGEN_QUEUE_DEPTH: wholeNumber(1, 4)
    .default(1)
    .describe(
      'utterances HeyGen is given ahead; more than 1 closes the gaps between sentences if HeyGen queues them',
    ),
  BRIDGE_ACCOUNT: z
    .string()
    .regex(/^[\w-]{1,64}$/, 'must be 1 to 64 letters, digits, _ or -')
    .default('default')
    .describe('the vendor account whose sessions these are'),
  BRIDGE_SLOTS: wholeNumber(1, 10_000)
    .default(3)
    .describe('concurrent sessions the vendor account allows, over all workers'),
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
  BRIDGE_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('how much is logged to stderr'),
});
export type Config = z.infer<typeof Environment>;

/**
 * Reads the environment; `unknown` are variables that are most likely misspelt.
 *
 * @throws ConfigError that names every fault, never a value.
 */
export function readConfig(env: Record<string, string | undefined>): { config: Config; unknown: string[] } {
  return {
    config: parseEnv(Environment, env),
    unknown: unknownVariables('BRIDGE_', [...Object.keys(Environment.shape), ...others], env),
  };
}

/** What `--help` prints: every variable with its meaning and its default. */
export function help(): string {
  const described = z.toJSONSchema(Environment, { io: 'input' });
  const rows = Object.entries(described.properties ?? {}).map(([name, property]) => {
    const { description = '', default: fallback } = property as {
      description?: string;
      default?: string | number;
    };
    return `  ${name.padEnd(22)} ${description}${fallback === undefined ? '' : ` (default ${fallback})`}`;
  });
  return `avatar-bridge worker: owns sessions, each with its vendor session and its relay\n\nIt reads these environment variables:\n${rows.join('\n')}\n`;
}
