import type { Logger } from '@avatar-bridge/livekit-rtp';
import type { Faults } from '../faults/faults.ts';
import type { StartMedia } from './avatar-media.ts';
import type { Rooms } from './rooms.ts';

/** What puts avatars into rooms, for the sessions of either vendor API. */
export type AvatarContext = {
  rooms: Rooms;
  startMedia: StartMedia;
  faults: Faults;
  /** ms until the avatar begins to join. */
  startDelay: number;
  logger: Logger;
};
