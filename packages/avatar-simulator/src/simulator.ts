import type { AddressInfo } from 'node:net';
import type { IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { serve, type ServerType } from '@hono/node-server';
import type { Logger } from '@avatar-bridge/livekit-rtp';
import type { Hono } from 'hono';
import { WebSocketServer } from 'ws';
import { buildApp } from './app.ts';
import { Faults } from './faults/faults.ts';
import { RequestLog } from './http/request-log.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { liveAvatarAccount } from './liveavatar/liveavatar-account.ts';
import { liveAvatarLimits, type LiveAvatarLimits } from './liveavatar/limits.ts';
import type { PlanName } from './liveavatar/plans.ts';
import { startAvatarMedia } from './media/index.ts';
import { Rooms, type LivekitAccess } from './avatar/rooms.ts';
import type { StartMedia } from './avatar/avatar-media.ts';
import { Switches } from './switches.ts';
import { v1Account } from './v1/v1-account.ts';

export type SimulatorOptions = {
  /** What X-Api-Key must say. */
  apiKey: string;
  /** The LiveKit server that stands for the vendor's. */
  livekit: LivekitAccess;
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 0: a free one. */
  port?: number;
  /**
   * Also listens with TLS here, with this certificate (PEM): the vendor's SDK opens its socket as wss:// on
   * port 443 only.
   */
  tls?: { port: number; key: string; cert: string };
  limits?: Partial<Limits>;
  /** What the LiveAvatar account pays for. Default `business`, the largest. */
  plan?: PlanName;
  /** What is other than the plan says. */
  liveAvatarLimits?: Partial<LiveAvatarLimits>;
  /** ms from streaming.start until the avatar begins to join. Default 0; the vendor takes seconds. */
  startDelay?: number;
  /** What puts the avatar into a room. Default: the talking face. */
  startMedia?: StartMedia;
  logger?: Logger;
};

export type Simulator = {
  /** What a client's base URL must be. */
  url: string;
  adminUrl: string;
  /** The port of the TLS listener, when there is one. */
  tlsPort?: number;
  /** Ends every session and deletes its room. Idempotent. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** Starts a double of the vendor's two APIs. Resolves when it listens. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { apiKey, livekit, host = '127.0.0.1', logger = quiet } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const shared = {
    rooms: new Rooms(livekit),
    faults: new Faults(),
    switches: new Switches(),
    startMedia: options.startMedia ?? startAvatarMedia,
    startDelay: options.startDelay ?? 0,
    logger,
  };
  let url = '';
  const socketUrl = (): string => url.replace(/^http/, 'ws');
  const v1 = v1Account({ ...shared, apiKey, limits, socketUrl });
  const liveAvatar = liveAvatarAccount({
    ...shared,
    apiKey,
    limits: liveAvatarLimits(options.plan ?? 'business', limits.concurrency, options.liveAvatarLimits),
    socketUrl,
  });
  const app = buildApp({ v1, liveAvatar, requests: new RequestLog() });

  const listeners = [await listen(app, { host, port: options.port ?? 0 })];
  url = `http://${host.includes(':') ? `[${host}]` : host}:${listeners[0]!.port}`;
  if (options.tls) listeners.push(await listen(app, { host, ...options.tls }));

  let closing: Promise<void> | undefined;
  const close = (): Promise<void> =>
    (closing ??= (async () => {
      shared.faults.clear();
      await Promise.all([v1, liveAvatar].map(({ sessions }) => sessions.closeAll('shutdown')));
      await Promise.all(listeners.map((listener) => listener.close()));
    })());
  return {
    url,
    adminUrl: `${url}/admin`,
    ...(listeners[1] && { tlsPort: listeners[1].port }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * Upgrades whose host or path is no URL are left to the routes, which answer them with 400 as they do others.
 */
function asksForWebSocket({ headers, url = '' }: IncomingMessage): boolean {
  const target = url.startsWith('/') ? `http://${headers.host}${url}` : url;
  return headers.upgrade?.toLowerCase() === 'websocket' && URL.canParse(target);
}

type Listener = { port: number; close(): Promise<void> };

function listen(
  app: Hono,
  options: { host: string; port: number; key?: string; cert?: string },
): Promise<Listener> {
  const { host: hostname, port, key, cert } = options;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 4_000_000, perMessageDeflate: false });
  const serverOptions = { shouldUpgradeCallback: asksForWebSocket };
  const tls = key !== undefined && {
    createServer: createTlsServer,
    serverOptions: { ...serverOptions, key, cert },
  };
  const { promise, resolve, reject } = Promise.withResolvers<Listener>();
  const server: ServerType = serve(
    { fetch: app.fetch, hostname, port, websocket: { server: sockets }, serverOptions, ...tls },
    ({ port: actual }: AddressInfo) =>
      resolve({
        port: actual,
        close: () =>
          new Promise((closed) => {
            for (const socket of sockets.clients) socket.terminate();
            server.close(() => closed());
            if ('closeAllConnections' in server) server.closeAllConnections();
          }),
      }),
  );
  // Longer than clients keep connections, as load balancers do: a request never meets a connection that is
  // being closed.
  if ('keepAliveTimeout' in server) server.keepAliveTimeout = 75_000;
  server.once('error', reject);
  return promise;
}
