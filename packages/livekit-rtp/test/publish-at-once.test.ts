import { SignalRequest } from '@livekit/protocol';
import { expect, test } from 'vitest';
import { SignalProxy } from '../../../test/setup/signal-proxy.ts';
import { RtpParticipant } from '../src/index.ts';
import { cleanup, H264, join, OPUS, roomName, server, token } from './support.ts';

/** One in about a hundred was refused when tracks were negotiated while the first offer was open. */
const ROUNDS = 12;
const AT_ONCE = 12;

const voice = { kind: 'audio', name: 'voice', source: 'microphone', codec: OPUS } as const;
const picture = { kind: 'video', name: 'picture', source: 'camera', codec: H264 } as const;

test(
  'tracks can be published at once by who has just joined, also by many at the same time',
  { timeout: 60_000 },
  async () => {
    const publish = async (index: number): Promise<void> => {
      const participant = await join(roomName(), `avatar-${index}`);
      await Promise.all([participant.publishTrack(voice), participant.publishTrack(picture)]);
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

test('they are offered together', async () => {
  const offers: string[] = [];
  const toServer = (message: Buffer): Buffer => {
    const request = SignalRequest.fromBinary(message).message;
    if (request.case === 'offer') offers.push(request.value.sdp);
    return message;
  };
  const proxy = await SignalProxy.start(server.url, { toServer, toClient: (message) => message });
  cleanup(() => proxy.leave());
  const participant = await RtpParticipant.connect({
    url: proxy.url,
    token: await token(roomName(), 'avatar'),
  });
  cleanup(() => participant.close());
  await Promise.all([participant.publishTrack(voice), participant.publishTrack(picture)]);
  const kinds = offers.map((sdp) => [...sdp.matchAll(/^m=(\w+)/gm)].map(([, kind]) => kind));
  expect(kinds).toEqual([['application'], ['application', 'audio', 'video']]);
});
