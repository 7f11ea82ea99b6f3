import type { HttpBindings } from '@hono/node-server';
import type { Credentials } from '../http/credentials.ts';
import type { Tokens } from '../http/tokens.ts';
import type { SessionContext } from '../session/session-context.ts';
import type { Sessions } from '../session/sessions.ts';

/** The vendor account that the double keeps: everything its routes work on. */
export type Account = Omit<SessionContext, 'startMedia' | 'startDelay'> & {
  sessions: Sessions;
  tokens: Tokens;
  credentials: Credentials;
  /** ws:// address of the double itself, known once it listens. */
  socketUrl: () => string;
};

export type RequestContext = { Bindings: HttpBindings; Variables: { receivedAt: number } };
