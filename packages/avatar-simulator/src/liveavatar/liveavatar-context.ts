import type { AvatarContext } from '../avatar/avatar-context.ts';
import type { Switches } from '../switches.ts';
import type { Contexts } from './contexts.ts';
import type { Credits } from './credits.ts';
import type { LiveAvatarLimits } from './limits.ts';

/** What all LiveAvatar sessions of a double share. */
export type LiveAvatarContext = AvatarContext & {
  switches: Switches;
  contexts: Contexts;
  credits: Credits;
  limits: LiveAvatarLimits;
};
