import { expect, test } from 'vitest';
import { H264, join, OPUS, roomName } from './support.ts';

/** One in about a hundred was refused when tracks were negotiated while the first offer was open. */
const ROUNDS = 12;
const AT_ONCE = 12;

test(
  'tracks can be published at once by who has just joined, also by many at the same time',
  { timeout: 60_000 },
  async () => {
    const publish = async (index: number): Promise<void> => {
      const participant = await join(roomName(), `avatar-${index}`);
      await Promise.all([
        participant.publishTrack({ kind: 'audio', name: 'voice', source: 'microphone', codec: OPUS }),
        participant.publishTrack({ kind: 'video', name: 'picture', source: 'camera', codec: H264 }),
      ]);
      await participant.close();
    };
    for (let round = 0; round < ROUNDS; round++) {
      const outcomes = await Promise.allSettled(
        Array.from({ length: AT_ONCE }, (_, index) => publish(index)),
      );
      expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([]);
    }
  },
);
