import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Room } from '@livekit/rtc-node';
import { AccessToken, RoomServiceClient, type VideoGrant } from 'livekit-server-sdk';
import { afterEach, inject } from 'vitest';
import { OwnServer } from '../../../test/setup/own-server.ts';
import {
  packetizeH264,
  packetizeVp8,
  RtpParticipant,
  RtpSender,
  splitAnnexB,
  type Codec,
  type Listeners,
  type PublishedTrack,
  type PublishOptions,
  type RtpParticipantEvents,
  type RtpParticipantOptions,
} from '../src/index.ts';

export const server = inject('livekit').vendor;

export function roomName(): string {
  return `rtp-${randomUUID()}`;
}

export async function token(
  room: string,
  identity: string,
  grant: Partial<VideoGrant> = {},
  at = server,
): Promise<string> {
  const access = new AccessToken(at.apiKey, at.apiSecret, { identity, ttl: '10m' });
  access.addGrant({ roomJoin: true, room, canUpdateOwnMetadata: true, ...grant });
  return access.toJwt();
}

export function rooms(): RoomServiceClient {
  return new RoomServiceClient(server.url.replace('ws', 'http'), server.apiKey, server.apiSecret);
}

const cleanups: (() => Promise<unknown> | void)[] = [];

/** Runs after the test, the last one first. */
export function cleanup(step: () => Promise<unknown> | void): void {
  cleanups.push(step);
}

afterEach(async () => {
  for (const step of cleanups.splice(0).toReversed()) await step();
});

/** Stopped after the test. */
export async function startOwnServer(...args: Parameters<typeof OwnServer.start>): Promise<OwnServer> {
  const own = await OwnServer.start(...args);
  cleanup(() => own.leave());
  return own;
}

export type JoinOptions = Partial<RtpParticipantOptions> & {
  grant?: Partial<VideoGrant>;
  listeners?: Listeners;
};

/** Joins with this package; closed after the test. */
export async function join(
  room: string,
  identity: string,
  { grant, ...options }: JoinOptions = {},
): Promise<RtpParticipant> {
  const participant = await RtpParticipant.connect({
    url: server.url,
    token: await token(room, identity, grant),
    ...options,
  });
  cleanup(() => participant.close('end of test'));
  return participant;
}

/** Joins with LiveKit's own SDK, the independent peer; disconnected after the test. Listeners are set before. */
export async function joinRtc(peer: Room, room: string, identity: string, at = server): Promise<void> {
  await peer.connect(at.url, await token(room, identity, {}, at), { autoSubscribe: true, dynacast: false });
  cleanup(() => peer.disconnect());
}

/** The arguments of the next event that `accept` takes. */
export function next<E extends keyof RtpParticipantEvents>(
  participant: RtpParticipant,
  event: E,
  accept: (...args: RtpParticipantEvents[E]) => boolean = () => true,
): Promise<RtpParticipantEvents[E]> {
  const emitter = participant as EventEmitter;
  return new Promise((resolve) => {
    const listener = (...args: unknown[]): void => {
      if (!accept(...(args as RtpParticipantEvents[E]))) return;
      emitter.off(event, listener);
      resolve(args as RtpParticipantEvents[E]);
    };
    emitter.on(event, listener);
  });
}

/** Waits until a condition holds. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  timeout = 15_000,
): Promise<void> {
  const deadline = performance.now() + timeout;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await delay(20);
  }
}

export const OPUS: Codec = { mimeType: 'audio/opus', payloadType: 111, clockRate: 48_000, channels: 2 };
export const H264: Codec = {
  mimeType: 'video/H264',
  payloadType: 108,
  clockRate: 90_000,
  fmtp: 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
};
export const VP8: Codec = { mimeType: 'video/VP8', payloadType: 96, clockRate: 90_000 };

export const microphone: PublishOptions = {
  kind: 'audio',
  name: 'voice',
  source: 'microphone',
  stream: 'avatar',
  codec: OPUS,
};
export const camera: PublishOptions = {
  kind: 'video',
  name: 'picture',
  source: 'camera',
  stream: 'avatar',
  codec: H264,
  width: 160,
  height: 88,
  bitrate: 200_000,
};

const fixture = (name: string): Buffer => readFileSync(new URL(`fixtures/${name}`, import.meta.url));
/** One key frame of 160x88 each, and 200 ms of a tone of 400 Hz. */
const h264KeyFrame = packetizeH264(splitAnnexB(fixture('idr.h264')), 100);
const vp8KeyFrame = fixture('key.vp8');
const tone = (JSON.parse(fixture('tone.json').toString()) as string[]).map((packet) =>
  Buffer.from(packet, 'base64'),
);

/** Sends a picture 30 times or a tone 50 times a second until the test ends or the function is called. */
export function feed(track: PublishedTrack): () => void {
  const sender = new RtpSender(track, track.codec.clockRate);
  let frames = 0;
  const isAudio = track.codec.mimeType.startsWith('audio/');
  const timer = setInterval(
    () => {
      frames++;
      if (isAudio) return sender.sendFrame([tone[frames % tone.length]!], frames * 960, 20);
      const isH264 = track.codec.mimeType === 'video/H264';
      sender.sendFrame(isH264 ? h264KeyFrame : packetizeVp8(vp8KeyFrame, frames, 100), frames * 3_000);
    },
    isAudio ? 20 : 33,
  );
  const stop = (): void => {
    clearInterval(timer);
    sender.close();
  };
  cleanup(stop);
  return stop;
}
