import type { AvatarContext } from '../avatar/avatar-context.ts';
import type { Limits } from '../limits.ts';
import type { Switches } from '../switches.ts';
import { Credentials } from './http/credentials.ts';
import { Tokens } from './http/tokens.ts';
import { KnowledgeBases } from './knowledge-bases.ts';
import type { Account } from './routes/account.ts';
import { Sessions } from './session/sessions.ts';

/** A fresh v1 account. */
export function v1Account(
  options: AvatarContext & { apiKey: string; switches: Switches; limits: Limits; socketUrl: () => string },
): Account {
  const { apiKey, ...shared } = options;
  const context = { ...shared, knowledgeBases: new KnowledgeBases() };
  const tokens = new Tokens();
  return {
    ...context,
    sessions: new Sessions(context),
    tokens,
    credentials: new Credentials(apiKey, tokens, shared.switches),
  };
}
