import { isRtcp, RtpParticipant } from '@avatar-bridge/livekit-rtp';
import { afterEach, expect, test, vi } from 'vitest';
import { startRtpRelay } from '../src/engines/rtp/rtp-engine.ts';
import { Inlet } from '../src/engines/rtp/inbound/inlet.ts';
import { Scene } from './scene.ts';
import { until } from './until.ts';

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

afterEach(() => {
  vi.restoreAllMocks();
});

/** In this process, so that packets can be lost on the way. */
async function relayHere(scene: Scene): ReturnType<typeof startRtpRelay> {
  const relay = await startRtpRelay(await scene.rooms.relayOptions(), { emit: () => {}, logger: SILENT });
  scene.add({ leave: () => relay.close() });
  return relay;
}

test('packets lost on the way from the vendor are sent again by its server', async () => {
  await using scene = new Scene();
  await scene.avatar();
  const relay = await relayHere(scene);
  const listener = await scene.listener();
  await until('media flows', () => listener.packets.video.length > 10);
  // oxlint-disable-next-line typescript/unbound-method -- called with its inlet below
  const receive = Inlet.prototype.receive;
  let mediaType = -1;
  let seen = 0;
  vi.spyOn(Inlet.prototype, 'receive').mockImplementation(function receiveMost(this: Inlet, packet, now) {
    const type = packet[1]! & 0x7f;
    if (this.kind === 'video' && !isRtcp(packet)) mediaType = mediaType < 0 ? type : mediaType;
    // What is sent again comes under another payload type, and gets through.
    const lost = this.kind === 'video' && !isRtcp(packet) && type === mediaType && ++seen % 10 === 0;
    if (!lost) receive.call(this, packet, now);
  });
  await until('repairs have come', async () => (await relay.stats()).video!.repaired >= 15);
  vi.restoreAllMocks();
  expect((await relay.stats()).video!.nacksSent).toBeGreaterThanOrEqual(15);
  // A packet or two may be lost in earnest on a machine that is busy.
  await until('next to nothing is missing', async () => (await relay.stats()).video!.lost < 3);
  await until('next to nothing is missing on the stage', () => listener.missing('video') < 3);
});

test('packets lost on the way to the stage are sent again from memory', async () => {
  await using scene = new Scene();
  await scene.avatar();
  let losing = false;
  // oxlint-disable-next-line typescript/unbound-method -- called with its participant below
  const { publishTrack } = RtpParticipant.prototype;
  vi.spyOn(RtpParticipant.prototype, 'publishTrack').mockImplementation(async function publishWithLoss(
    this: RtpParticipant,
    options,
  ) {
    const track = await publishTrack.call(this, options);
    const send = track.send.bind(track);
    let sent = 0;
    track.send = (packet) =>
      (losing && !isRtcp(packet) && options.kind === 'video' && ++sent % 10 === 0) || send(packet);
    return track;
  });
  const relay = await relayHere(scene);
  const listener = await scene.listener();
  await until('media flows', () => listener.packets.video.length > 10);
  losing = true;
  await until('packets were asked for again', async () => (await relay.stats()).video!.resent >= 10);
  losing = false;
  expect((await relay.stats()).video!.nacksReceived).toBeGreaterThanOrEqual(10);
  await until('next to nothing is missing on the stage', () => listener.missing('video') < 3);
});
