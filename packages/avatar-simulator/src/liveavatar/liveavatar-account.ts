import type { AvatarContext } from '../avatar/avatar-context.ts';
import type { Switches } from '../switches.ts';
import { Contexts } from './contexts.ts';
import { Credits } from './credits.ts';
import { LiveAvatarCredentials } from './http/credentials.ts';
import { SessionTokens } from './http/session-tokens.ts';
import type { LiveAvatarLimits } from './limits.ts';
import type { LiveAvatarContext } from './liveavatar-context.ts';
import { LiveAvatarSessions } from './session/liveavatar-sessions.ts';

/** The LiveAvatar account that the double keeps: everything its routes work on. */
export type LiveAvatarAccount = LiveAvatarContext & {
  sessions: LiveAvatarSessions;
  tokens: SessionTokens;
  credentials: LiveAvatarCredentials;
  /** ws:// address of the double itself, known once it listens. */
  socketUrl: () => string;
};

/** A fresh LiveAvatar account. */
export function liveAvatarAccount(
  options: AvatarContext & {
    apiKey: string;
    switches: Switches;
    limits: LiveAvatarLimits;
    socketUrl: () => string;
  },
): LiveAvatarAccount {
  const { apiKey, ...shared } = options;
  const context = { ...shared, contexts: new Contexts(), credits: new Credits(shared.limits.credits) };
  const tokens = new SessionTokens();
  return {
    ...context,
    sessions: new LiveAvatarSessions(context),
    tokens,
    credentials: new LiveAvatarCredentials(apiKey, tokens),
  };
}
