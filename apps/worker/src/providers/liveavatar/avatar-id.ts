import { TerminalProviderError } from '../provider-errors.ts';

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/**
 * The vendor's id of the avatar that a session names.
 *
 * @throws TerminalProviderError `unknown-avatar`
 */
export function liveAvatarId(id: string, defaultId: string | undefined): string {
  const avatarId = id === 'default' ? defaultId : id;
  if (avatarId === undefined)
    throw new TerminalProviderError(
      'unknown-avatar',
      'No avatar is named: set avatar.id, or LIVEAVATAR_AVATAR_ID for all sessions',
    );
  if (!uuid.test(avatarId))
    throw new TerminalProviderError('unknown-avatar', "LiveAvatar's avatars have UUIDs as ids");
  return avatarId;
}
