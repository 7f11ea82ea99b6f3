import { randomUUID } from 'node:crypto';
import { RtpParticipant } from '@avatar-bridge/livekit-rtp';
import type { Codec } from '@avatar-bridge/livekit-rtp';
import { silentFrame } from '@avatar-bridge/speech';
import { expect, inject, test, vi } from 'vitest';
import { AvatarPlayer } from './avatar-player.ts';
import { ClipSound } from './clip-sound.ts';
import { facePictures } from './face-pictures.ts';
import { mouths } from './face.ts';
import { OutgoingStream } from './outgoing-stream.ts';
import { Pacer } from './pacer.ts';
import { mouthRegion } from './picture-size.ts';
import type { SpeechClip } from './speech.ts';
import { roomToken } from './testing/room-token.ts';
import { Viewer } from './testing/viewer.ts';

const server = inject('livekit').vendor;
const video: Codec = { mimeType: 'video/VP8', payloadType: 96, clockRate: 90_000 };
const audio: Codec = { mimeType: 'audio/opus', payloadType: 111, clockRate: 48_000, channels: 2 };
const holdMs = 600;

/** Silence during which the face shows each mouth for a while. */
function parade(): SpeechClip {
  const durationMs = mouths.length * holdMs;
  return {
    durationMs,
    frames: Array.from({ length: durationMs / 20 }, () => silentFrame),
    levels: new Uint8Array(durationMs / 20).fill(127),
    mouths: Uint8Array.from({ length: durationMs / 10 }, (_, step) => Math.floor((step * 10) / holdMs)),
    words: [],
  };
}

test('every mouth shape looks different to a viewer', async () => {
  const room = randomUUID();
  await using participant = await RtpParticipant.connect({
    url: server.url,
    token: await roomToken(server, room, 'heygen'),
  });
  const [sound, sight] = await Promise.all([
    participant.publishTrack({ kind: 'audio', name: 'audio', source: 'microphone', codec: audio }),
    participant.publishTrack({ kind: 'video', name: 'video', source: 'camera', codec: video }),
  ]);
  const clock = { zero: performance.now() };
  const player = new AvatarPlayer({
    pacer: new Pacer(),
    zero: clock.zero,
    audio: new OutgoingStream(sound, clock),
    video: new OutgoingStream(sight, clock),
    picture: await facePictures('VP8', 'high'),
  });
  player.start();
  await using viewer = await Viewer.join({
    url: server.url,
    token: await roomToken(server, room, 'viewer'),
    region: mouthRegion('high'),
  });
  await vi.waitUntil(() => viewer.frames.length > 10, { timeout: 10_000 });

  const { started, finished } = player.play(new ClipSound(parade()));
  const { startedAt } = await started;
  expect(await finished).toBe('ended');
  player.stop();

  const seen = mouths.map((mouth, index) => {
    const until = startedAt + (index + 1) * holdMs;
    const frame = viewer.frames.findLast(({ at }) => at > until - holdMs / 2 && at < until);
    if (!frame) throw new Error(`no picture of the mouth ${mouth} was seen`);
    return { mouth, tiles: frame.mouth };
  });
  for (const [index, one] of seen.entries())
    for (const other of seen.slice(index + 1)) {
      const difference = Math.max(...one.tiles.map((tile, at) => Math.abs(tile - other.tiles[at]!)));
      expect(difference, `${one.mouth} and ${other.mouth}`).toBeGreaterThan(10);
    }
});
