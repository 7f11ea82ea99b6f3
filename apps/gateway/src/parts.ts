import type { HttpBindings } from '@hono/node-server';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { SessionStore } from '@avatar-bridge/session-store';
import type { Logger } from 'pino';
import type { Credential } from './auth/credential.ts';
import type { Keyring } from './auth/keyring.ts';
import type { Tickets } from './auth/tickets.ts';
import type { Listeners } from './events/listeners.ts';
import type { LimitRules } from './sessions/limit-rules.ts';
import type { Offers } from './sessions/offers.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { ViewerTokens } from './viewers/viewer-tokens.ts';

/** What the app is made of. Whoever builds it owns them, and closes them. */
export type Parts = {
  store: SessionStore;
  offers: Offers;
  keyring: Keyring;
  tickets: Tickets;
  viewerTokens: ViewerTokens;
  metrics: Metrics;
  listeners: Listeners;
  logger: Logger;
  /** Where the built web pages are. */
  consoleDir: string;
  limits: LimitRules;
  /** How long viewers' tokens and tickets hold, ms. */
  viewerTtl: number;
  /** Our own address as browsers see it. */
  publicUrl: () => string;
  /** Set when the process stops: it is not ready any more. */
  lifecycle: { stopping: boolean };
};

export type GatewayEnv = {
  Bindings: HttpBindings;
  Variables: {
    requestId: string;
    credential: Credential;
    /** Set when no route was found, so that metrics don't get a label for every path somebody tries. */
    unmatched?: true;
  };
};
export type App = OpenAPIHono<GatewayEnv>;
