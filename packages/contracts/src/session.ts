import { z } from 'zod';
import { SessionId } from './ids.ts';
import { ProviderName, SessionProvider } from './provider.ts';

/** The vendor's picture sizes: low 360p, medium 480p, high 720p. */
export const Quality = z.enum(['low', 'medium', 'high']);
export const VideoEncoding = z.enum(['H264', 'VP8']);
export const VoiceEmotion = z.enum(['excited', 'serious', 'friendly', 'soothing', 'broadcaster']);

export const VoiceSettings = z.strictObject({
  id: z.string().min(1).max(128).optional(),
  rate: z.number().min(0.5).max(1.5).optional(),
  emotion: VoiceEmotion.optional(),
});

const languageNames = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });

/** Voices of vendors that are asked for a language nobody speaks fail late, or speak another one. */
function isLanguage(tag: string): boolean {
  return languageNames.of(tag) !== undefined;
}

/** Which avatar, and how it looks, sounds and answers. Everything has a default. */
export const AvatarSettings = z.strictObject({
  id: z.string().min(1).max(128).default('default'),
  voice: VoiceSettings.default({}),
  quality: Quality.default('high'),
  videoEncoding: VideoEncoding.default('H264'),
  language: z
    .string()
    .regex(/^[a-z]{2}(-[A-Z]{2})?$/, { error: 'must be a language tag like en or en-US', abort: true })
    .refine(isLanguage, 'must be a language that exists, as ISO 639-1 and ISO 3166-1 name it')
    .optional(),
  /** The prompt that `talk` messages are answered with. */
  knowledgeBase: z.string().min(1).max(20_000).optional(),
  knowledgeBaseId: z.string().min(1).max(128).optional(),
  /** Said by the avatar when it is up. */
  openingText: z.string().trim().min(1).max(1_000).optional(),
  /** Whether the avatar speaks up when the user is silent. */
  silenceResponse: z.boolean().default(false),
  stt: z
    .strictObject({
      provider: z.enum(['deepgram', 'gladia']).optional(),
      confidence: z.number().min(0).max(1).optional(),
      language: z.string().max(16).optional(),
    })
    .default({}),
  /**
   * The vendor closes a session that nobody spoke to for this long, seconds. The worker keeps it alive while
   * it is needed.
   */
  idleTimeoutSeconds: z.int().min(30).max(3_599).default(120),
});
export type AvatarSettings = z.infer<typeof AvatarSettings>;

/** Who gets the next free slot: `high` before `normal` before `low`, among equals who came first. */
export const SessionPriority = z.enum(['high', 'normal', 'low']);
export type SessionPriority = z.infer<typeof SessionPriority>;

const seconds = (least: number, most: number) =>
  z
    .int('must be a whole number')
    .min(least, `must be at least ${least}`)
    .max(most, `must be at most ${most}`);

/**
 * What becomes of a session that nobody uses. `park`: it stays, without a vendor session, until somebody
 * needs it.
 */
export const WhenUnused = z.enum(['park', 'end']);
export type WhenUnused = z.infer<typeof WhenUnused>;

/** What bounds a session's bill, and its wait. */
export const SessionLimits = z.strictObject({
  /** Until it gets its first slot; then it ends as `no-slot`. */
  queuedSeconds: seconds(1, 86_400),
  /** From its creation on, parked or not; then it ends. */
  maxDurationSeconds: seconds(10, 2_592_000),
  /** Without a message and without a viewer. */
  idleSeconds: seconds(5, 86_400),
  /** Without a viewer, whatever is said. */
  unwatchedSeconds: seconds(5, 86_400),
  /** After `idleSeconds` or `unwatchedSeconds`. */
  whenUnused: WhenUnused,
});
export type SessionLimits = z.infer<typeof SessionLimits>;

export const usualLimits: SessionLimits = {
  queuedSeconds: 600,
  maxDurationSeconds: 86_400,
  idleSeconds: 600,
  unwatchedSeconds: 3_600,
  whenUnused: 'park',
};

/** What a chatbot posts to get a session. `{}` is fine. */
export const SessionRequest = z
  .strictObject({
    avatar: AvatarSettings.prefault({}),
    /** Short for `providers` with one entry. */
    provider: ProviderName.optional(),
    /**
     * In order: the next one goes on when one refuses, has no slot or keeps failing. Default: by the workers'
     * configuration.
     */
    providers: z
      .array(z.union([ProviderName, SessionProvider]))
      .min(1)
      .max(8)
      .refine((list) => new Set(list.map(nameOf)).size === list.length, 'must not name a provider twice')
      .optional(),
    /**
     * The stage: the LiveKit room in which viewers watch. Default: a room of the session's own, named as the
     * session.
     */
    room: z
      .string()
      .regex(/^[\w.:@-]{1,128}$/, 'must be 1 to 128 letters, digits or . _ - : @')
      .optional(),
    /**
     * Its place in the queue while no slot is free. Sessions that have begun always go before those that have
     * not.
     */
    priority: SessionPriority.default('normal'),
    /** What happens to an utterance of which nobody knows whether it was said when its worker died. */
    onUncertain: z.enum(['replay', 'skip']).default('replay'),
    /** Those that are left out are as the gateway is configured. */
    limits: SessionLimits.partial().default({}),
    /** Kept and shown, never read: up to 16 short strings. */
    metadata: z
      .record(z.string().max(64), z.string().max(512))
      .refine((m) => Object.keys(m).length <= 16, 'must have at most 16 entries')
      .default({}),
  })
  .refine((request) => request.provider === undefined || request.providers === undefined, {
    path: ['provider'],
    message: 'must not be given together with providers',
  });
export type SessionRequest = z.infer<typeof SessionRequest>;

/** The providers that a request names, in order; undefined when it leaves the choice to the workers. */
export function requestedProviders({
  provider,
  providers,
}: Pick<SessionRequest, 'provider' | 'providers'>): SessionProvider[] | undefined {
  if (provider !== undefined) return [{ name: provider }];
  return providers?.map((choice) => (typeof choice === 'string' ? { name: choice } : choice));
}

function nameOf(choice: string | SessionProvider): string {
  return typeof choice === 'string' ? choice : choice.name;
}

/** What may be posted to restart a session: which of its own providers the successor tries first. */
export const RestartRequest = z.strictObject({ provider: ProviderName.optional() });
export type RestartRequest = z.infer<typeof RestartRequest>;

/**
 * `queued -> starting -> live <-> recovering -> stopping -> ended`. From `live` also to `parked`: it has no
 * vendor session, and is `starting` again when a message or a viewer comes.
 */
export const SessionState = z.enum([
  'queued',
  'starting',
  'live',
  'recovering',
  'parked',
  'stopping',
  'ended',
]);
export type SessionState = z.infer<typeof SessionState>;

/**
 * How a session ended. `stopped`: somebody asked for it. `failed`: `message` says what a person can do about
 * it.
 */
export const SessionEnd = z.object({
  outcome: z.enum(['stopped', 'failed']),
  code: z.string(),
  message: z.string(),
});
export type SessionEnd = z.infer<typeof SessionEnd>;

/** The vendor session behind a session, as operators see it. */
export const VendorSession = z.object({ provider: z.string(), id: z.string(), openedAt: z.int() });
export type VendorSession = z.infer<typeof VendorSession>;

/**
 * How a stage is made for clients that were not written for this API. `heygen-v1`: its participants, and the
 * data that they send each other, are those of a room of HeyGen's Streaming API v1.
 */
export const Dialect = z.enum(['heygen-v1']);
export type Dialect = z.infer<typeof Dialect>;

/** A session as the API shows it. Times are epoch ms. */
export const Session = z.object({
  id: SessionId,
  state: SessionState,
  /** How many sessions wait before it, while it is queued. */
  position: z.int().optional(),
  /**
   * How long it is likely to wait for a slot from now on, while it is queued: going by how long sessions have
   * held one lately.
   */
  estimatedWaitSeconds: z.int().optional(),
  priority: SessionPriority,
  avatar: AvatarSettings,
  room: z.string(),
  /** Absent: the stage is as this API describes it. */
  dialect: Dialect.optional(),
  onUncertain: z.enum(['replay', 'skip']),
  limits: SessionLimits,
  metadata: z.record(z.string(), z.string()),
  createdAt: z.int(),
  liveAt: z.int().optional(),
  endedAt: z.int().optional(),
  end: SessionEnd.optional(),
  /** In order. Absent: nobody named any, and no worker has chosen yet. */
  providers: z.array(SessionProvider).optional(),
  /** The one in use, or tried now. */
  provider: ProviderName.optional(),
  vendorSession: VendorSession.optional(),
  /** Names the API key that opened it, as in `Usage`. */
  key: z.string().optional(),
  /** How long its vendor sessions have been open, all together: what the vendor bills, more or less. */
  billableSeconds: z.int(),
  /** Messages accepted and not yet finished. */
  pending: z.int(),
  /** The lease's fencing token: 0 before a worker took it. */
  epoch: z.int(),
});
export type Session = z.infer<typeof Session>;

export const SessionList = z.object({ sessions: z.array(Session), cursor: z.string().optional() });
export type SessionList = z.infer<typeof SessionList>;

/**
 * What a ticket allows besides watching. `say`: post messages. `interrupt`: silence the avatar and take
 * messages back. `stop`: end the session. `restart`: once it has ended, open one successor with the same
 * settings, in a room of its own.
 */
export const TicketGrant = z.enum(['say', 'interrupt', 'stop', 'restart']);
export type TicketGrant = z.infer<typeof TicketGrant>;

/** What `control: true` stands for. */
export const usualGrants = ['say', 'interrupt', 'stop'] as const satisfies TicketGrant[];

/** What is posted to let somebody watch. With `control` the answer holds a ticket, too. */
export const ViewerRequest = z.strictObject({
  identity: z
    .string()
    .regex(/^[\w.@-]{1,64}$/, 'must be 1 to 64 letters, digits or . _ - @')
    .optional(),
  name: z.string().trim().min(1).max(64).optional(),
  /** What the viewer may do besides watching: the ticket's grants. `true`: say, interrupt and stop. */
  control: z
    .union([z.boolean(), z.array(TicketGrant).min(1).max(TicketGrant.options.length)], {
      error: `must be true, false or a list of ${TicketGrant.options.join(', ')}`,
    })
    .default(false),
});
export type ViewerRequest = z.infer<typeof ViewerRequest>;

/** What a viewer needs to join the stage: subscribe only, short-lived. */
export const ViewerAccess = z.object({
  url: z.string(),
  token: z.string(),
  identity: z.string(),
  room: z.string(),
  expiresAt: z.int(),
  /** Lets a page do what `grants` names, in this session only, until `expiresAt`. */
  ticket: z.string().optional(),
  grants: z.array(TicketGrant).optional(),
  /** The viewer page, with the credentials in the fragment, which browsers keep to themselves. */
  link: z.string(),
});
export type ViewerAccess = z.infer<typeof ViewerAccess>;

/** How long vendor sessions have been open: all of the account, and those of each key's sessions. */
export const Usage = z.object({
  billableSeconds: z.int(),
  keys: z.array(z.object({ key: z.string(), billableSeconds: z.int() })),
});
export type Usage = z.infer<typeof Usage>;
