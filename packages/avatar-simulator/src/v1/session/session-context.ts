import type { Logger } from '@avatar-bridge/livekit-rtp';
import type { AvatarMedia } from '../../avatar/avatar-media.ts';
import type { Faults } from '../../faults/faults.ts';
import type { KnowledgeBases } from '../knowledge-bases.ts';
import type { Limits } from '../../limits.ts';
import type { Rooms } from '../../avatar/rooms.ts';
import type { Switches } from '../../switches.ts';

/** How the double's face gets into a room. */
export type StartMedia = (options: {
  url: string;
  token: string;
  videoEncoding: 'H264' | 'VP8';
  quality: 'low' | 'medium' | 'high';
  voiceId?: string;
  rate?: number;
  language?: string;
  logger?: Logger;
  signal?: AbortSignal;
}) => Promise<AvatarMedia>;

/** What all sessions of a double share. */
export type SessionContext = {
  rooms: Rooms;
  startMedia: StartMedia;
  faults: Faults;
  switches: Switches;
  knowledgeBases: KnowledgeBases;
  limits: Limits;
  /** ms until the avatar begins to join. */
  startDelay: number;
  logger: Logger;
};
