/** Why a session of either vendor API ended. */
export type CloseReason =
  | 'stopped'
  | 'idle-timeout'
  /** LiveAvatar: nobody kept it alive. */
  | 'reaped'
  | 'duration-limit'
  | 'no-credits'
  | 'no-client'
  | 'dropped'
  | 'media-failed'
  | 'room-lost'
  | 'reset'
  | 'shutdown';
