import type { AvatarContext } from '../../avatar/avatar-context.ts';
import type { Limits } from '../../limits.ts';
import type { Switches } from '../../switches.ts';
import type { KnowledgeBases } from '../knowledge-bases.ts';

/** What all v1 sessions of a double share. */
export type SessionContext = AvatarContext & {
  switches: Switches;
  knowledgeBases: KnowledgeBases;
  limits: Limits;
};
