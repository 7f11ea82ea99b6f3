import type { RelayStats, TrackStats } from '@avatar-bridge/relay';

function trackStats(counters: Partial<TrackStats> = {}): TrackStats {
  return {
    codec: 'video/h264',
    packets: 0,
    bytes: 0,
    lost: 0,
    repaired: 0,
    jitter: 2,
    nacksSent: 0,
    nacksReceived: 0,
    resent: 0,
    plisSent: 0,
    plisReceived: 0,
    keyFrames: 0,
    keyFramesRepeated: 0,
    framesPerSecond: 30,
    switches: 0,
    dropped: { duplicates: 0, refused: 0, late: 0, padding: 0, unsent: 0 },
    stageLost: 0,
    sinceLastPacket: 5,
    muted: false,
    ...counters,
  };
}

/** What a relay says of itself, with a picture of which so much is known. */
export const relayStats = (restarts: number, video?: Partial<TrackStats>): RelayStats => ({
  id: 'ses_1',
  uptime: 1,
  engine: 'rtp',
  engineReason: 'default',
  restarts,
  ...(video && { video: trackStats(video) }),
});
