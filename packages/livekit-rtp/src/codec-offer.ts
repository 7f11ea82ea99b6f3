import type { Codec, MediaKind } from './types.ts';

const CONSTRAINED_BASELINE = 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f';

/** The codecs that every LiveKit server takes, with the payload types that browsers use. */
const COMMON: Record<MediaKind, readonly Codec[]> = {
  audio: [{ mimeType: 'audio/opus', payloadType: 111, clockRate: 48_000, channels: 2 }],
  video: [
    { mimeType: 'video/VP8', payloadType: 96, clockRate: 90_000 },
    { mimeType: 'video/H264', payloadType: 108, clockRate: 90_000, fmtp: CONSTRAINED_BASELINE },
    { mimeType: 'video/VP9', payloadType: 98, clockRate: 90_000, fmtp: 'profile-id=0' },
    { mimeType: 'video/AV1', payloadType: 45, clockRate: 90_000 },
  ],
};

/** For the common codec whose payload type the caller has chosen for another. */
const SPARE = 100;

/**
 * The codecs to offer on the m-line of a track. The server (pion) takes the codecs of a connection from its first m-line of a kind and
 * answers later ones from that list, whatever they offer: so each offers the common ones, too, behind the one that will be sent.
 */
export function codecOffer(kind: MediaKind, codec: Codec): Codec[] {
  const others = COMMON[kind].filter((common) => !sameCodec(common, codec));
  return [codec, ...others.map((other) => (other.payloadType === codec.payloadType ? moved(other) : other))];
}

function moved(codec: Codec): Codec {
  return { ...codec, payloadType: SPARE };
}

function sameCodec(a: Codec, b: Codec): boolean {
  return a.mimeType.toLowerCase() === b.mimeType.toLowerCase() && profileOf(a) === profileOf(b);
}

function profileOf({ fmtp = '' }: Codec): string {
  return /profile-level-id=([0-9a-f]+)/i.exec(fmtp)?.[1]?.toLowerCase() ?? '';
}
