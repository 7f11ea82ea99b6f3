import { join } from 'node:path';
import {
  parseEnv,
  redisUrl,
  retentionVariables,
  SessionLimits,
  unknownVariables,
  usualLimits,
  wholeNumber,
} from '@avatar-bridge/contracts';
import { z } from 'zod';
import { Secret } from './secret.ts';
import { KeyLimits } from './sessions/limit-rules.ts';

const shortestKey = 24;

/** Variables of the other apps: a shared environment is not a misspelt one. */
const others =
  /^BRIDGE_(SECRET|SLOTS|CAPACITY|PROVIDERS|PROVIDER_\w+|VENDOR_ACCOUNTS\w*|DRAIN_SECONDS|RELAY_ENGINE|KEEP_VENDOR_EVENTS|SWEEP_UNKNOWN|WARM_POOL|SPEECH|RESPONDER_\w+|WORKER_\w+)$/;

const url = (...protocols: string[]) =>
  z
    .string('is needed')
    .refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol.slice(0, -1)), {
      error: `must be a URL that begins with ${protocols.map((protocol) => `${protocol}://`).join(' or ')}`,
    });
const secret = (schema: z.ZodString | z.ZodType<string>) => schema.transform((value) => new Secret(value));
const isOrigin = (value: string): boolean => URL.canParse(value) && new URL(value).origin === value;
const withoutSlash = (value: string): string => value.replace(/\/+$/, '');

/** The limit of sessions that name none themselves. */
function limitVariable(limit: Exclude<keyof SessionLimits, 'whenUnused'>, what: string) {
  const { minValue, maxValue } = SessionLimits.shape[limit];
  return wholeNumber(minValue ?? 1, maxValue ?? Number.MAX_SAFE_INTEGER)
    .default(usualLimits[limit])
    .describe(`${what}; sessions may name limits of their own`);
}

function keys(production: boolean) {
  const list = z
    .string('is needed in production')
    .transform((value) => value.split(',').map((key) => key.trim()));
  if (!production)
    return list.transform((all) => all.filter((key) => key !== '').map((key) => new Secret(key))).optional();
  return list
    .refine(
      (all) => all.every((key) => key.length >= shortestKey),
      `each key must have at least ${shortestKey} characters`,
    )
    .transform((all) => all.map((key) => new Secret(key)));
}

/**
 * Everything the gateway can be told. In production keys must be given; elsewhere missing ones are made up.
 */
export function configSchema(production: boolean) {
  return z.object({
    NODE_ENV: z
      .string()
      .default('development')
      .describe('with "production" the gateway refuses to start without keys'),
    PORT: wholeNumber(0, 65_535).default(8080).describe('the port to listen on; 0 takes a free one'),
    HOST: z.string().default('127.0.0.1').describe('the address to listen on; containers set 0.0.0.0'),
    REDIS_URL: secret(redisUrl)
      .prefault('redis://127.0.0.1:6379')
      .describe('the Redis that all gateways and workers share'),
    LIVEKIT_URL: url('ws', 'wss', 'http', 'https').describe("the team's LiveKit server, the stage"),
    LIVEKIT_PUBLIC_URL: url('ws', 'wss', 'http', 'https')
      .optional()
      .describe('what viewers connect to; default: LIVEKIT_URL'),
    LIVEKIT_API_KEY: z.string("is needed: the LiveKit server's API key").describe('its API key'),
    LIVEKIT_API_SECRET: secret(z.string("is needed: the LiveKit server's API secret")).describe(
      'its API secret; signs viewers in',
    ),
    BRIDGE_ACCOUNT: z
      .string()
      .regex(/^[\w-]{1,64}$/, 'must be 1 to 64 letters, digits, _ or -')
      .default('default')
      .describe('the vendor account whose sessions these are'),
    BRIDGE_CHATBOT_KEYS: keys(production).describe(
      `API keys of chatbots, comma-separated; in production at least ${shortestKey} characters`,
    ),
    BRIDGE_OPERATOR_KEYS: keys(production).describe('API keys of operators, likewise'),
    BRIDGE_PUBLIC_URL: url('http', 'https')
      .transform(withoutSlash)
      .optional()
      .describe("the gateway's own address as browsers see it; default: where it listens"),
    BRIDGE_VIEWER_TTL_SECONDS: wholeNumber(30, 86_400)
      .default(3600)
      .describe("how long a viewer's token and ticket hold, seconds"),
    BRIDGE_QUEUE_LIMIT: wholeNumber(0, 100_000)
      .default(100)
      .describe('sessions that may wait for a slot; more are refused with 429'),
    BRIDGE_MAILBOX_LIMIT: wholeNumber(1, 100_000)
      .default(500)
      .describe('unfinished messages a session may have; more are refused with 429'),
    BRIDGE_QUEUED_SECONDS: limitVariable('queuedSeconds', 'how long a session waits for a slot'),
    BRIDGE_MAX_DURATION_SECONDS: limitVariable(
      'maxDurationSeconds',
      'how long a session lasts, parked or not',
    ),
    BRIDGE_IDLE_SECONDS: limitVariable(
      'idleSeconds',
      'without a message and a viewer for so long a session is parked: its vendor session is closed until somebody needs it',
    ),
    BRIDGE_UNWATCHED_SECONDS: limitVariable(
      'unwatchedSeconds',
      'likewise without a viewer, whatever is said',
    ),
    BRIDGE_KEY_LIMITS: KeyLimits.optional().describe(
      'the most that sessions of a key may have, as JSON: {"key_0123456789ab": {"maxDurationSeconds": 3600}}; the gateway logs the names of its keys',
    ),
    ...retentionVariables,
    BRIDGE_V1_DOOR: z
      .enum(['true', 'false'], 'must be true or false')
      .default('false')
      .transform((value) => value === 'true')
      .describe("with true the gateway answers HeyGen's Streaming API v1 as well (V1-DOOR.md)"),
    BRIDGE_V1_DOOR_ORIGINS: z
      .string()
      .default('')
      .transform((value) =>
        value
          .split(',')
          .map((origin) => origin.trim())
          .filter(Boolean),
      )
      .refine(
        (origins) => origins.every((origin) => origin === '*' || isOrigin(origin)),
        'each must be * or an origin like https://app.example',
      )
      .describe('origins whose pages may call the v1 door from a browser, comma-separated; * for all'),
    BRIDGE_LOG_LEVEL: z
      .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
      .default('info')
      .describe('how much is logged to stderr'),
    BRIDGE_CONSOLE_DIR: z
      .string()
      .default(join(import.meta.dirname, '../../console/dist'))
      .describe('where the built web pages are'),
  });
}
export type Config = z.infer<ReturnType<typeof configSchema>>;

type Environment = Record<string, string | undefined>;

/** @throws ConfigError that names every fault. */
export function readConfig(env: Environment): { config: Config; unknown: string[] } {
  const schema = configSchema(env.NODE_ENV?.trim() === 'production');
  return {
    config: parseEnv(schema, env),
    unknown: unknownVariables('BRIDGE_', Object.keys(schema.shape), env).filter((name) => !others.test(name)),
  };
}

/** What `--help` prints: every variable with its default and its meaning. */
export function help(): string {
  const described = z.toJSONSchema(configSchema(true), { io: 'input' });
  const rows = Object.entries(described.properties ?? {}).map(([name, property]) => {
    const { description = '', default: fallback } = property as {
      description?: string;
      default?: string | number;
    };
    return `  ${name.padEnd(26)} ${description}${fallback === undefined ? '' : ` (default ${fallback})`}`;
  });
  return `avatar-bridge gateway: the HTTP and WebSocket front door\n\nIt reads these environment variables:\n${rows.join('\n')}\n`;
}
