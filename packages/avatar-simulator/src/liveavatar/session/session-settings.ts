import type { AvatarPlace } from '../../avatar/avatar-room.ts';
import type { Face } from '../../avatar/avatar-media.ts';
import type { Mode } from './mode.ts';

/** What sessions/token was asked for, as a session needs it. */
export type SessionSettings = {
  mode: Mode;
  avatarId: string;
  sandbox: boolean;
  face: Face;
  place: AvatarPlace;
  /** Seconds. */
  maxSessionDuration: number;
  /** Checked at the start, not before. */
  voiceId?: string;
  /** FULL only. An unknown one is none at all. */
  contextId?: string;
  /** FULL only: a voice agent brings what it answers from. */
  voiceAgent: boolean;
  /** FULL only: whose memory goes on. Noted, without effect. */
  previousSessionId?: string;
  dynamicVariables: Record<string, string>;
  pushToTalk: boolean;
};
