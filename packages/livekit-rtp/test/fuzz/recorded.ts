import { readFileSync } from 'node:fs';
import { SignalResponse } from '@livekit/protocol';

/** What livekit-server 1.13.5 sent to a participant that subscribed to two avatars, one H264 and one VP8, and published two tracks. */
export const recorded: readonly SignalResponse[] = (
  JSON.parse(readFileSync(new URL('recorded-messages.json', import.meta.url), 'utf8')) as Parameters<
    typeof SignalResponse.fromJson
  >[0][]
).map((json) => SignalResponse.fromJson(json));

/** The descriptions among them, without candidates: those name addresses, and a changed one could be somebody's. */
export const recordedSdps = { offers: descriptions('offer'), answers: descriptions('answer') };

function descriptions(which: 'offer' | 'answer'): string[] {
  return recorded.flatMap(({ message }) =>
    message.case === which
      ? [message.value.sdp.replace(/^a=(candidate:|end-of-candidates).*\r?\n/gm, '')]
      : [],
  );
}
