import { parse, write, type MediaDescription, type SessionDescription } from 'sdp-transform';
import type { Codec, MediaKind } from './types.ts';

/** An audio or video m-line of a description, as far as tracks are concerned. */
export type MediaSection = {
  mid: string;
  kind: MediaKind;
  /** Whether the side that wrote the description sends on it. */
  sends: boolean;
  /** The two parts of `a=msid`. LiveKit writes `<participant sid>|<track sid or stream>` and `<track sid>`. */
  streamId?: string;
  trackId?: string;
  codecs: Codec[];
};

/** Loudness of an audio packet (RFC 6464). The server names active speakers by it. */
export const AUDIO_LEVEL_URI = 'urn:ietf:params:rtp-hdrext:ssrc-audio-level';

/** Payloads that wrap or repair other payloads in a way that a receiver of plain packets could not read. */
const UNWANTED = new Set(['red', 'ulpfec', 'flexfec-03']);

const HIGHEST_PAYLOAD_TYPE = 127;

export function mediaSections(sdp: string): MediaSection[] {
  const texts = sdp.split(/^(?=m=)/m).slice(1);
  return parse(sdp).media.flatMap((media, index) => {
    const kind = kindOf(media);
    if (kind === undefined) return [];
    // Read from the text: the parser ends an msid at the `|` in LiveKit's stream ids.
    const [, streamId, trackId] = /^a=msid:(\S+)(?: (\S+))?/m.exec(texts[index] ?? '') ?? [];
    return [
      {
        mid: String(media.mid),
        kind,
        sends: media.port !== 0 && sends(media),
        streamId,
        trackId,
        codecs: codecsOf(media, kind),
      },
    ];
  });
}

/**
 * The offer as libdatachannel must see it: as if the server sent on every m-line. One that it first sees without that becomes a
 * track that only sends, for ever: it drops what comes later, and answers accordingly. `finishAnswer` tells the server the truth.
 */
export function asSending(offer: string): string {
  return offer
    .split(/^(?=m=)/m)
    .map((section) =>
      /^m=(audio|video) (?!0 )/.test(section)
        ? section.replace(/^a=(recvonly|inactive)\b/m, 'a=sendonly')
        : section,
    )
    .join('');
}

/**
 * Corrects the answer that libdatachannel wrote to this offer. An m-line on which the server does not send is answered `inactive`
 * (with another answer the server could never use the m-line again), and RED and FEC are declined, so that the server sends each
 * codec in its own packets.
 */
export function finishAnswer(answer: string, offer: string): string {
  const description: SessionDescription = parse(answer);
  const offered = new Map(parse(offer).media.map((media) => [String(media.mid), media]));
  for (const media of description.media) {
    if (kindOf(media) === undefined) continue;
    const counterpart = offered.get(String(media.mid));
    if (counterpart !== undefined && !sends(counterpart)) media.direction = 'inactive';
    // A copy of the offer's, which means nothing in an answer that sends no media.
    delete media.msid;
    decline(media);
  }
  return write(description);
}

/** Whether an answer accepted this payload type with this codec (`H264`, `opus` …) for an m-line of ours. */
export function accepts(answer: string, mid: string, payloadType: number, codecName: string): boolean {
  const media = parse(answer).media.find((one) => String(one.mid) === mid);
  if (media === undefined || media.port === 0 || media.direction === 'inactive') return false;
  return media.rtp.some(
    (rtp) => rtp.payload === payloadType && textOf(rtp.codec).toLowerCase() === codecName.toLowerCase(),
  );
}

/** The id under which a header extension may be sent on an m-line of ours, by the answer. */
export function extensionId(answer: string, mid: string, uri: string): number | undefined {
  const media = parse(answer).media.find((one) => String(one.mid) === mid);
  const id = media?.ext?.find((extension) => extension.uri === uri)?.value;
  return isWhole(id) && id > 0 ? id : undefined;
}

function decline(media: MediaDescription): void {
  const unwanted = new Set(
    media.rtp.filter((rtp) => UNWANTED.has(textOf(rtp.codec).toLowerCase())).map((rtp) => rtp.payload),
  );
  if (unwanted.size === 0) return;
  const repairs = media.fmtp.filter((fmtp) =>
    unwanted.has(Number(/(?:^|;)\s*apt=(\d+)/.exec(fmtp.config)?.[1] ?? NaN)),
  );
  for (const fmtp of repairs) unwanted.add(fmtp.payload);
  const kept = media.rtp.filter((rtp) => !unwanted.has(rtp.payload));
  if (kept.length === 0) return;
  media.rtp = kept;
  media.fmtp = media.fmtp.filter((fmtp) => !unwanted.has(fmtp.payload));
  media.rtcpFb = media.rtcpFb?.filter((feedback) => !unwanted.has(Number(feedback.payload)));
  media.payloads = kept.map((rtp) => rtp.payload).join(' ');
}

function codecsOf(media: MediaDescription, kind: MediaKind): Codec[] {
  return media.rtp.flatMap((rtp) => {
    if (!isWhole(rtp.payload) || rtp.payload > HIGHEST_PAYLOAD_TYPE) return [];
    const fmtp = media.fmtp.find((one) => one.payload === rtp.payload)?.config;
    return {
      mimeType: `${kind}/${rtp.codec}`,
      payloadType: rtp.payload,
      clockRate: isWhole(rtp.rate) ? rtp.rate : 0,
      ...(isWhole(rtp.encoding) ? { channels: rtp.encoding } : {}),
      ...(fmtp === undefined ? {} : { fmtp: textOf(fmtp) }),
    };
  });
}

/** The parser's types are its hopes: it makes a number of any word that looks like one, and a text of any that does not. */
function isWhole(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}

function textOf(value: unknown): string {
  return String(value);
}

function kindOf(media: MediaDescription): MediaKind | undefined {
  return media.type === 'audio' || media.type === 'video' ? media.type : undefined;
}

function sends(media: MediaDescription): boolean {
  return media.direction === 'sendonly' || media.direction === 'sendrecv' || media.direction === undefined;
}
