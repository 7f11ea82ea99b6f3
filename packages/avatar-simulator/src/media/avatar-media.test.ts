import { randomUUID } from 'node:crypto';
import { parseRtpHeader, RtpParticipant } from '@avatar-bridge/livekit-rtp';
import type { SubscribedTrack } from '@avatar-bridge/livekit-rtp';
import { describe, expect, inject, test, vi } from 'vitest';
import { AvatarMedia, startAvatarMedia } from './avatar-media.ts';
import type { VideoEncoding } from './face-pictures.ts';
import { mouthRegion, pictureSizes } from './picture-size.ts';
import type { Quality } from './picture-size.ts';
import { roomToken } from './testing/room-token.ts';
import { Viewer } from './testing/viewer.ts';

const server = inject('livekit').vendor;
const sentence = 'Our new phone is lighter and faster than the last one.';
/** Much less than speech, much more than what decoding leaves of silence. */
const audible = 500;

async function avatar(videoEncoding: VideoEncoding = 'H264', quality: Quality = 'high') {
  const room = randomUUID();
  const media = await startAvatarMedia({
    url: server.url,
    token: await roomToken(server, room, 'heygen'),
    videoEncoding,
    quality,
  });
  await media.ready;
  return { media, room, [Symbol.asyncDispose]: () => media.close() };
}

const viewerOf = async (room: string, quality: Quality = 'high') =>
  Viewer.join({
    url: server.url,
    token: await roomToken(server, room, 'viewer'),
    region: mouthRegion(quality),
  });

const passes = (ms: number) => {
  const from = Date.now();
  return vi.waitUntil(() => Date.now() - from >= ms && { from, to: Date.now() }, {
    timeout: ms + 5000,
    interval: 20,
  });
};

const largestDifference = (one: number[], other: number[]) =>
  one.reduce((largest, value, index) => Math.max(largest, Math.abs(value - other[index]!)), 0);

describe.each(['H264', 'VP8'] as const)('an avatar in %s', (encoding) => {
  test('is seen and heard by a LiveKit client: 720p at 25 pictures or more, silent until it speaks, its mouth moving', async () => {
    await using joined = await avatar(encoding);
    const { media, room } = joined;
    await using viewer = await viewerOf(room);
    await vi.waitUntil(() => viewer.frames.length > 30 && viewer.loudness.length > 50, { timeout: 10_000 });

    const idle = await vi.waitFor(
      async () => {
        const window = await passes(1500);
        expect(viewer.framesPerSecond(window.from, window.to)).toBeGreaterThan(25);
        return window;
      },
      { timeout: 15_000 },
    );
    expect(viewer.frames.at(-1)).toMatchObject(size('high'));
    expect(viewer.loudest(idle.from, idle.to)).toBeLessThan(audible);
    const restingFrames = viewer.frames.filter(({ at }) => at >= idle.from);
    const restingMouth = restingFrames[0]!.mouth;

    const { startedAt, durationMs, finished } = await media.speak(sentence);
    expect(await finished).toBe('ended');
    const speaking = { from: startedAt, to: Date.now() };
    expect(speaking.to - speaking.from).toBeGreaterThan(durationMs - 100);
    expect(speaking.to - speaking.from).toBeLessThan(durationMs + 3000);
    expect(viewer.framesPerSecond(speaking.from, speaking.to)).toBeGreaterThan(20);
    expect(viewer.loudest(speaking.from, speaking.to)).toBeGreaterThan(4000);

    const moved = viewer.frames
      .filter(({ at }) => at >= speaking.from)
      .map(({ mouth }) => largestDifference(mouth, restingMouth));
    expect(Math.max(...moved)).toBeGreaterThan(60);
    expect(
      Math.max(...restingFrames.map(({ mouth }) => largestDifference(mouth, restingMouth))),
    ).toBeLessThan(25);
    expect(viewer.speakers.some((names) => names.includes('heygen'))).toBe(true);

    await passes(500);
    const after = await passes(500);
    expect(viewer.loudest(after.from, after.to)).toBeLessThan(audible);
  });

  test('sends 30 pictures and 50 audio packets a second', async () => {
    await using joined = await avatar(encoding);
    const { room } = joined;
    const timestamps = { audio: new Set<number>(), video: new Set<number>() };
    const count = (track: SubscribedTrack) => {
      track.onPacket = (packet) => {
        const header = parseRtpHeader(packet);
        if (
          header &&
          track.codecs.some(
            ({ payloadType, mimeType }) => payloadType === header.payloadType && !mimeType.endsWith('rtx'),
          )
        )
          timestamps[track.kind].add(header.timestamp);
      };
    };
    await using counter = await RtpParticipant.connect({
      url: server.url,
      token: await roomToken(server, room, 'counter'),
      listeners: { trackSubscribed: count },
    });
    expect(counter.remoteParticipants.has('heygen')).toBe(true);
    await vi.waitUntil(() => timestamps.audio.size > 0 && timestamps.video.size > 0, { timeout: 10_000 });
    await passes(500);
    const measured = async () => {
      for (const seen of Object.values(timestamps)) seen.clear();
      const { from, to } = await passes(3000);
      const perSecond = (seen: Set<number>) => (seen.size * 1000) / (to - from);
      return { pictures: perSecond(timestamps.video), sounds: perSecond(timestamps.audio) };
    };
    // A machine that is busy with other tests may spoil some of the seconds, but not all.
    await vi.waitFor(
      async () => {
        const { pictures, sounds } = await measured();
        expect(Math.abs(pictures - 30)).toBeLessThan(1);
        expect(Math.abs(sounds - 50)).toBeLessThan(1);
      },
      { timeout: 20_000 },
    );
  });
});

test.each(['medium', 'low'] as const)('the quality %s has smaller pictures', async (quality) => {
  await using joined = await avatar('VP8', quality);
  await using viewer = await viewerOf(joined.room, quality);
  await vi.waitUntil(() => viewer.frames.length > 5, { timeout: 10_000 });
  expect(viewer.frames.at(-1)).toMatchObject(size(quality));
});

test('an interrupted speech ends at once, and the next can begin', async () => {
  await using joined = await avatar();
  const { media } = joined;
  expect(media.interrupt()).toBe(false);
  const { startedAt, durationMs, finished, segments } = await media.speak(sentence);
  expect(segments.map(({ text }) => text).join(' ')).toBe(sentence);
  expect(media.interrupt()).toBe(true);
  expect(await finished).toBe('interrupted');
  expect(Date.now() - startedAt).toBeLessThan(durationMs);
  const again = await media.speak('Fine.');
  expect(await again.finished).toBe('ended');
});

test('a speech can be aborted before it starts and while it is played, and there is one at a time', async () => {
  await using joined = await avatar();
  const { media } = joined;
  const early = new AbortController();
  const never = media.speak(`${sentence} And this was never said before.`, { signal: early.signal });
  await expect(media.speak('Me too.')).rejects.toThrow('speaking already');
  early.abort();
  await expect(never).rejects.toMatchObject({ name: 'AbortError' });
  const late = new AbortController();
  const { finished } = await media.speak(sentence, { signal: late.signal });
  late.abort();
  expect(await finished).toBe('interrupted');
  expect(media.interrupt()).toBe(false);
});

test('a stalled track is silent for its viewers although the avatar stays, and comes back', async () => {
  await using joined = await avatar();
  const { media, room } = joined;
  await using viewer = await viewerOf(room);
  await vi.waitUntil(() => viewer.frames.length > 30, { timeout: 10_000 });
  media.stall('video', true);
  await passes(300);
  const stalled = await passes(700);
  expect(viewer.framesPerSecond(stalled.from, stalled.to)).toBe(0);
  media.stall('video', false);
  const resumed = viewer.frames.length;
  await vi.waitUntil(() => viewer.frames.length > resumed + 10, { timeout: 5000 });
});

test('closing leaves the room, ends the speech and refuses further ones', async () => {
  const { media, room } = await avatar();
  const left = Promise.withResolvers<string>();
  await using witness = await RtpParticipant.connect({
    url: server.url,
    token: await roomToken(server, room, 'witness'),
    listeners: { participantLeft: ({ identity }) => left.resolve(identity) },
  });
  expect(witness.remoteParticipants.has('heygen')).toBe(true);
  const { finished } = await media.speak(sentence);
  await media.close('test over');
  expect(await finished).toBe('interrupted');
  expect(await left.promise).toBe('heygen');
  await expect(media.speak('Hello?')).rejects.toThrow('closed');
  await media.close();
});

test('joining with a bad token fails, and so does joining that is aborted', async () => {
  const options = { url: server.url, videoEncoding: 'VP8', quality: 'low' } as const;
  await expect(startAvatarMedia({ ...options, token: 'nonsense' })).rejects.toMatchObject({
    code: 'unauthorized',
  });
  const token = await roomToken(server, randomUUID(), 'heygen');
  await expect(startAvatarMedia({ ...options, token, signal: AbortSignal.abort() })).rejects.toThrow(
    'cancelled',
  );
});

test('an avatar that is thrown out of its room stops', async () => {
  const { media, room } = await avatar();
  expect(media).toBeInstanceOf(AvatarMedia);
  const { finished } = await media.speak(sentence);
  const gone = Promise.withResolvers<string>();
  media.participant.once('disconnected', ({ reason }) => gone.resolve(reason));
  const usurper = await startAvatarMedia({
    url: server.url,
    videoEncoding: 'VP8',
    quality: 'low',
    token: await roomToken(server, room, 'heygen'),
  });
  expect(await gone.promise).toBe('duplicate-identity');
  expect(await finished).toBe('interrupted');
  await usurper.close();
});

function size(quality: Quality): { width: number; height: number } {
  const { width, height } = pictureSizes[quality];
  return { width, height };
}

test('a voice that is brought bit by bit is heard, moves the mouth, and is silenced at once', async () => {
  await using joined = await avatar();
  const { media } = joined;
  await using viewer = await viewerOf(joined.room);
  await vi.waitUntil(() => viewer.frames.length > 30 && viewer.loudness.length > 50, { timeout: 10_000 });
  const rest = viewer.frames.at(-1)!.mouth;
  const dry: boolean[] = [];
  const voice = media.speakVoice((now) => dry.push(now));
  expect(() => media.speakVoice(() => {})).toThrow('speaking already');
  const second = Int16Array.from(
    { length: 24_000 },
    (_, i) => 12_000 * Math.sin((2 * Math.PI * 600 * i) / 24_000),
  );
  voice.append(second);
  const { startedAt } = await voice.started;
  await vi.waitUntil(() => dry.length === 1, { timeout: 5_000 });
  voice.append(second);
  await vi.waitUntil(() => voice.playedMs() > 1_300, { timeout: 5_000 });
  expect(media.interrupt()).toBe(true);
  expect(await voice.finished).toBe('interrupted');
  const stoppedAt = Date.now();
  expect(dry).toEqual([true, false]);
  await passes(900);
  expect(viewer.loudest(startedAt + 300, startedAt + 900)).toBeGreaterThan(4_000);
  expect(viewer.loudest(stoppedAt + 500, stoppedAt + 900)).toBeLessThan(100);
  const moved = viewer.frames
    .filter(({ at }) => at > startedAt + 300 && at < startedAt + 900)
    .some(({ mouth }) => largestDifference(mouth, rest) > 15);
  expect(moved).toBe(true);
});
