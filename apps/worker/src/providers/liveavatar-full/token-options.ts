import type { AvatarSettings, VendorSession } from '@avatar-bridge/contracts';
import type { FullSessionOptions } from '@avatar-bridge/heygen-client/liveavatar';
import { TerminalProviderError } from '../provider-errors.ts';
import type { SessionContext } from './contexts.ts';

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
/** What the vendor's voices can do; other speeds are refused. */
const speeds = { min: 0.8, max: 1.2 };

/**
 * What a session token is asked for.
 *
 * @throws TerminalProviderError `bad-request` for a voice that LiveAvatar can't have
 */
export function tokenOptions(
  avatar: AvatarSettings,
  vendor: {
    avatarId: string;
    sandbox: boolean;
    /** Of sessions that name none. */
    voiceId: string | undefined;
    context: SessionContext | undefined;
    previous: VendorSession | undefined;
    maxDurationSeconds: number | undefined;
  },
): FullSessionOptions {
  const { language, quality, videoEncoding } = avatar;
  const { avatarId, context, maxDurationSeconds, previous, sandbox } = vendor;
  const { id: voiceId = vendor.voiceId, rate } = avatar.voice;
  if (voiceId !== undefined && !uuid.test(voiceId))
    throw new TerminalProviderError(
      'bad-request',
      "LiveAvatar's voices have UUIDs as ids: set avatar.voice.id or LIVEAVATAR_VOICE_ID to one, or leave both out",
    );
  return {
    mode: 'FULL',
    avatarId,
    quality,
    videoEncoding,
    ...(sandbox && { sandbox }),
    ...(language && { language }),
    ...(voiceId !== undefined && { voiceId }),
    ...(rate !== undefined && {
      voiceSettings: { speed: Math.min(Math.max(rate, speeds.min), speeds.max) },
    }),
    ...(context && { contextId: context.contextId }),
    // Memory is made from the conversation of a context: without one there is nothing to remember.
    ...(context && previous && { previousSessionId: previous.id }),
    ...(maxDurationSeconds !== undefined && { maxDurationSeconds }),
  };
}
