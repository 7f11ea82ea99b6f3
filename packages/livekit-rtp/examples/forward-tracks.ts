import {
  buildPli,
  createRtpHeader,
  isRtcp,
  parseRtcp,
  parseRtpHeader,
  RtpParticipant,
  stripHeader,
} from '@avatar-bridge/livekit-rtp';
import type { SubscribedTrack } from '@avatar-bridge/livekit-rtp';

const { SOURCE_URL = '', SOURCE_TOKEN = '', TARGET_URL = '', TARGET_TOKEN = '' } = process.env;
const target = await RtpParticipant.connect({ url: TARGET_URL, token: TARGET_TOKEN, autoSubscribe: false });
const listeners = {
  trackSubscribed: (input: SubscribedTrack) =>
    void (input.onPacket = (packet) => void forward(input, packet)),
};
const source = await RtpParticipant.connect({ url: SOURCE_URL, token: SOURCE_TOKEN, listeners });

/** Publishes a track like this one when its first packet shows the codec, then passes packets on, and requests for key frames back. */
async function forward(input: SubscribedTrack, first: Buffer): Promise<void> {
  const header = createRtpHeader();
  const codec = isRtcp(first)
    ? undefined
    : input.codecs.find(({ payloadType }) => payloadType === parseRtpHeader(first, header)?.payloadType);
  if (codec === undefined) return;
  input.onPacket = null;
  const { kind, info } = input;
  const output = await target.publishTrack({
    kind,
    name: info.name,
    source: kind === 'audio' ? 'microphone' : 'camera',
    codec,
  });
  input.onPacket = (packet) => {
    if (isRtcp(packet) || parseRtpHeader(packet, header)?.payloadType !== codec.payloadType) return;
    const stripped = stripHeader(packet, header);
    stripped.writeUInt32BE(output.ssrc, 8);
    output.send(stripped);
  };
  const askForKeyFrame = (): boolean => kind === 'video' && input.sendRtcp(buildPli(1, header.ssrc));
  output.onRtcp = (packet) => void (parseRtcp(packet).some(({ type }) => type === 'pli') && askForKeyFrame());
  source.on('trackUnsubscribed', (track) => void (track === input && output.unpublish()));
  askForKeyFrame();
}

process.once('SIGTERM', () => void Promise.all([source.close(), target.close()]));
