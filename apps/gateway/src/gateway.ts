import { randomBytes } from 'node:crypto';
import { retentionOf } from '@avatar-bridge/contracts';
import { openSessionStore } from '@avatar-bridge/session-store';
import type { Logger } from 'pino';
import { createApp } from './app.ts';
import { Keyring } from './auth/keyring.ts';
import { Tickets } from './auth/tickets.ts';
import type { Config } from './config.ts';
import { deliveryLimits } from './events/deliver.ts';
import { Listeners, type ListenersOptions } from './events/listeners.ts';
import { Metrics } from './metrics/metrics.ts';
import type { Parts } from './parts.ts';
import { LimitRules } from './sessions/limit-rules.ts';
import { Offers } from './sessions/offers.ts';
import { Secret } from './secret.ts';
import { listen } from './server.ts';
import { IdleSweep } from './v1-door/idle-sweep.ts';
import { ViewerTokens } from './viewers/viewer-tokens.ts';

export type Gateway = {
  /** Where it listens. */
  readonly url: string;
  /**
   * Not ready any more, no new connections, listeners sent away, requests finished, Redis left. Idempotent.
   */
  close(deadline?: number): Promise<void>;
};

/** A chatbot is told within a second that Redis does not answer. */
const answerWithinMs = 800;

export type GatewayOptions = {
  logger: Logger;
  /** Told the keys that were made up because none were configured. */
  onMadeUpKeys?: (keys: { chatbot?: string; operator?: string }) => void;
  /** How listeners are treated; the defaults fit the internet. */
  listening?: Partial<Pick<ListenersOptions, 'heartbeat' | 'buffer' | 'patience'>>;
};

/** Builds the gateway from its configuration and listens. Redis need not be there yet. */
export async function startGateway(
  config: Config,
  { logger, onMadeUpKeys, listening }: GatewayOptions,
): Promise<Gateway> {
  const keyring = new Keyring(configuredKeys(config, onMadeUpKeys));
  const usual = {
    queuedSeconds: config.BRIDGE_QUEUED_SECONDS,
    maxDurationSeconds: config.BRIDGE_MAX_DURATION_SECONDS,
    idleSeconds: config.BRIDGE_IDLE_SECONDS,
    unwatchedSeconds: config.BRIDGE_UNWATCHED_SECONDS,
  };
  const names = keyring.names.map(({ key }) => key);
  const limits = new LimitRules(usual, config.BRIDGE_KEY_LIMITS ?? {}, names);
  logger.info({ keys: keyring.names }, 'API keys, by their names');
  const metrics = new Metrics();
  const listeners = new Listeners({ metrics, logger, heartbeat: 15_000, ...deliveryLimits, ...listening });
  const store = await openSessionStore({
    redisUrl: config.REDIS_URL.reveal(),
    account: config.BRIDGE_ACCOUNT,
    retention: retentionOf(config),
    queueLimit: config.BRIDGE_QUEUE_LIMIT,
    mailboxLimit: config.BRIDGE_MAILBOX_LIMIT,
    answerWithinMs,
    logger,
  });
  const lifecycle = { stopping: false };
  let publicUrl = config.BRIDGE_PUBLIC_URL ?? '';
  const parts: Parts = {
    store,
    offers: new Offers(store),
    keyring,
    tickets: new Tickets(config.LIVEKIT_API_SECRET),
    viewerTokens: new ViewerTokens({
      apiKey: config.LIVEKIT_API_KEY,
      apiSecret: config.LIVEKIT_API_SECRET,
      publicUrl: config.LIVEKIT_PUBLIC_URL ?? config.LIVEKIT_URL,
    }),
    metrics,
    listeners,
    logger,
    consoleDir: config.BRIDGE_CONSOLE_DIR,
    limits,
    viewerTtl: config.BRIDGE_VIEWER_TTL_SECONDS * 1000,
    publicUrl: () => publicUrl,
    lifecycle,
  };
  const door = config.BRIDGE_V1_DOOR
    ? { livekitSecret: config.LIVEKIT_API_SECRET, origins: config.BRIDGE_V1_DOOR_ORIGINS }
    : undefined;
  const idleSweep = door && new IdleSweep(store, logger);
  try {
    const server = await listen(createApp(parts, door), { host: config.HOST, port: config.PORT });
    publicUrl ||= server.url;
    let closing: Promise<void> | undefined;
    const close = async (deadline: number): Promise<void> => {
      lifecycle.stopping = true;
      const closed = server.close(deadline);
      listeners.close();
      idleSweep?.close();
      await closed;
      await store.close('the gateway stops');
    };
    return { url: server.url, close: (deadline = 10_000) => (closing ??= close(deadline)) };
  } catch (error) {
    listeners.close();
    idleSweep?.close();
    await store.close('the gateway did not start');
    throw error;
  }
}

function configuredKeys(
  config: Config,
  onMadeUpKeys: GatewayOptions['onMadeUpKeys'],
): { chatbot: Secret[]; operator: Secret[] } {
  const made: { chatbot?: string; operator?: string } = {};
  const orMadeUp = (keys: Secret[] | undefined, role: 'chatbot' | 'operator'): Secret[] => {
    if (keys?.length) return keys;
    made[role] = `${role}_${randomBytes(24).toString('base64url')}`;
    return [new Secret(made[role])];
  };
  const keys = {
    chatbot: orMadeUp(config.BRIDGE_CHATBOT_KEYS, 'chatbot'),
    operator: orMadeUp(config.BRIDGE_OPERATOR_KEYS, 'operator'),
  };
  if (made.chatbot ?? made.operator) onMadeUpKeys?.(made);
  return keys;
}
