import type { Codec, MediaKind } from '@avatar-bridge/livekit-rtp';

/**
 * Codecs whose packets mean the same in any room; others need header extensions or parameters of their own
 * room.
 */
const CARRIED: Record<MediaKind, readonly string[]> = {
  video: ['video/h264', 'video/vp8'],
  audio: ['audio/opus'],
};

/**
 * The codec of a track that can be carried, in lower case. `named` is what its server says it is (`audio/red`
 * for Opus that was published with redundancy, which its server takes off for us). `undefined`: none.
 */
export function carriedCodec(
  kind: MediaKind,
  named: string,
  negotiated: readonly Codec[],
): string | undefined {
  const offered = negotiated.map((codec) => codec.mimeType.toLowerCase());
  const name = named.toLowerCase();
  if (CARRIED[kind].includes(name)) return offered.includes(name) ? name : undefined;
  if (name !== '' && name !== 'audio/red') return undefined;
  return offered.find((mimeType) => CARRIED[kind].includes(mimeType));
}

/**
 * How the codec is announced on the stage. H264 is always announced as constrained baseline in packetization
 * mode 1: the server refuses High, every decoder in use decodes any profile under that name, and mode 1
 * includes the packets of mode 0.
 */
export function stageCodec(mimeType: string, negotiated: readonly Codec[]): Codec {
  switch (mimeType) {
    case 'video/h264':
      return {
        mimeType: 'video/H264',
        payloadType: 108,
        clockRate: 90_000,
        fmtp: 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
      };
    case 'video/vp8':
      return { mimeType: 'video/VP8', payloadType: 96, clockRate: 90_000 };
    default: {
      const fmtp = ['minptime=10', 'useinbandfec=1'];
      if (isStereo(negotiated)) fmtp.push('stereo=1', 'sprop-stereo=1');
      if (usesDtx(negotiated)) fmtp.push('usedtx=1');
      return {
        mimeType: 'audio/opus',
        payloadType: 111,
        clockRate: 48_000,
        channels: 2,
        fmtp: fmtp.join(';'),
      };
    }
  }
}

export function isStereo(negotiated: readonly Codec[]): boolean {
  return hasParameter(negotiated, 'stereo=1') || hasParameter(negotiated, 'sprop-stereo=1');
}

export function usesDtx(negotiated: readonly Codec[]): boolean {
  return hasParameter(negotiated, 'usedtx=1');
}

function hasParameter(negotiated: readonly Codec[], parameter: string): boolean {
  return negotiated.some(
    (codec) =>
      codec.mimeType.toLowerCase() === 'audio/opus' &&
      (codec.fmtp ?? '').split(';').some((one) => one.trim() === parameter),
  );
}
