import type { AvatarState } from '@avatar-bridge/contracts';
import type { Piece } from './speech.ts';

/** What the avatar seems to be doing to those who watch; `before` is what it did last. */
export function avatarState(
  outstanding: readonly Piece[],
  { foreign, before }: { foreign: boolean; before: AvatarState | undefined },
): AvatarState {
  if (foreign || outstanding.some(({ state }) => state.name === 'speaking')) return 'speaking';
  if (outstanding.some(({ speech }) => speech.message.mode === 'talk')) return 'thinking';
  // between two utterances
  return outstanding.length > 0 && before === 'speaking' ? 'speaking' : 'listening';
}
