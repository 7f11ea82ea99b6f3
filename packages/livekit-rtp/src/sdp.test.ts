import { describe, expect, test } from 'vitest';
import { accepts, asSending, AUDIO_LEVEL_URI, extensionId, finishAnswer, mediaSections } from './sdp.ts';

const sdp = (...lines: string[]): string => [...lines, ''].join('\r\n');
const head = ['v=0', 'o=- 1 1 IN IP4 0.0.0.0', 's=-', 't=0 0', 'a=group:BUNDLE 0 1 2'];
const data = [
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 0.0.0.0',
  'a=mid:0',
  'a=sctp-port:5000',
];
const audio = (direction: string) => [
  'm=audio 9 UDP/TLS/RTP/SAVPF 63 111',
  'c=IN IP4 0.0.0.0',
  'a=mid:1',
  `a=${direction}`,
  'a=rtpmap:63 red/48000/2',
  'a=fmtp:63 111/111',
  'a=rtpmap:111 opus/48000/2',
  'a=fmtp:111 minptime=10;useinbandfec=1',
  `a=extmap:3 ${AUDIO_LEVEL_URI}`,
];
const video = (direction: string) => [
  'm=video 9 UDP/TLS/RTP/SAVPF 108 109',
  'c=IN IP4 0.0.0.0',
  'a=mid:2',
  `a=${direction}`,
  'a=rtpmap:108 H264/90000',
  'a=fmtp:108 packetization-mode=1;profile-level-id=42e01f',
  'a=rtcp-fb:108 nack pli',
  'a=rtpmap:109 rtx/90000',
  'a=fmtp:109 apt=108',
];
const offer = sdp(
  ...head,
  ...data,
  ...audio('sendonly'),
  'a=msid:PA_x|avatar TR_a',
  ...video('sendonly'),
  'a=msid:PA_x|{b} TR_v',
);

describe('SDP of an offer', () => {
  test('m-lines name their track by the msid, whatever characters the stream has', () => {
    expect(mediaSections(offer)).toMatchObject([
      { mid: '1', kind: 'audio', sends: true, streamId: 'PA_x|avatar', trackId: 'TR_a' },
      { mid: '2', kind: 'video', sends: true, streamId: 'PA_x|{b}', trackId: 'TR_v' },
    ]);
  });

  test('codecs come with clock rate, channels and format parameters', () => {
    const [sound, picture] = mediaSections(offer);
    expect(sound!.codecs[1]).toEqual({
      mimeType: 'audio/opus',
      payloadType: 111,
      clockRate: 48_000,
      channels: 2,
      fmtp: 'minptime=10;useinbandfec=1',
    });
    expect(picture!.codecs[1]).toEqual({
      mimeType: 'video/rtx',
      payloadType: 109,
      clockRate: 90_000,
      fmtp: 'apt=108',
    });
  });

  test('what is no codec is left out, whatever the parser makes of it', () => {
    const odd = [
      'm=video 9 UDP/TLS/RTP/SAVPF 96 300',
      'a=mid:2',
      'a=rtpmap:96 264/90000',
      'a=fmtp:96 5',
      'a=rtpmap:300 VP8/90000',
      'a=rtpmap: VP8',
    ];
    expect(mediaSections(sdp(...head, ...odd))[0]!.codecs).toEqual([
      { mimeType: 'video/264', payloadType: 96, clockRate: 90_000, fmtp: '5' },
    ]);
    expect(accepts(sdp(...head, ...odd), '2', 96, '264')).toBe(true);
    expect(finishAnswer(sdp(...head, ...odd), sdp(...head, ...odd))).toContain('a=rtpmap:96 264/90000');
  });

  test('an m-line that is recvonly, inactive or rejected sends nothing', () => {
    expect(
      mediaSections(sdp(...head, ...audio('recvonly'), ...video('inactive'))).map(({ sends }) => sends),
    ).toEqual([false, false]);
    const rejected = sdp(...head, ...video('sendonly')).replace('m=video 9', 'm=video 0');
    expect(mediaSections(rejected)[0]!.sends).toBe(false);
  });

  test('is shown to the native side as if the server sent on every m-line that is in use', () => {
    const shown = asSending(sdp(...head, ...data, ...audio('recvonly'), ...video('inactive')));
    expect(shown).toBe(sdp(...head, ...data, ...audio('sendonly'), ...video('sendonly')));
    expect(asSending(offer)).toBe(offer);
    const rejected = sdp(...head, ...video('inactive')).replace('m=video 9', 'm=video 0');
    expect(asSending(rejected)).toBe(rejected);
  });
});

describe('SDP of an answer', () => {
  test('declines RED and keeps everything else', () => {
    const answer = finishAnswer(sdp(...head, ...data, ...audio('recvonly'), ...video('recvonly')), offer);
    expect(answer).toContain('m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n');
    expect(answer).not.toMatch(/:63 /);
    expect(answer).toContain('m=video 9 UDP/TLS/RTP/SAVPF 108 109\r\n');
    expect(answer).toContain('a=rtcp-fb:108 nack pli\r\n');
    expect(answer).toContain('a=sctp-port:5000\r\n');
  });

  test('answers inactive where the server stopped sending', () => {
    const stopped = sdp(...head, ...data, ...audio('sendonly'), ...video('inactive'));
    const answer = finishAnswer(sdp(...head, ...data, ...audio('recvonly'), ...video('recvonly')), stopped);
    expect(answer.match(/^a=(recvonly|inactive)/gm)).toEqual(['a=recvonly', 'a=inactive']);
  });

  test('carries no msid of the offer', () => {
    expect(finishAnswer(offer.replaceAll('sendonly', 'recvonly'), offer)).not.toContain('msid:PA');
  });

  test('accepts a codec when the payload type and the name agree on an m-line that is not rejected', () => {
    const answer = sdp(...head, ...audio('recvonly'), ...video('recvonly'));
    expect(accepts(answer, '2', 108, 'h264')).toBe(true);
    expect(accepts(answer, '2', 96, 'h264')).toBe(false);
    expect(accepts(answer, '2', 108, 'VP8')).toBe(false);
    expect(accepts(answer, '9', 108, 'h264')).toBe(false);
    expect(accepts(answer.replace('m=video 9', 'm=video 0'), '2', 108, 'h264')).toBe(false);
  });

  test('names the id of a header extension', () => {
    const answer = sdp(...head, ...audio('recvonly'), ...video('recvonly'));
    expect(extensionId(answer, '1', AUDIO_LEVEL_URI)).toBe(3);
    expect(extensionId(answer, '2', AUDIO_LEVEL_URI)).toBeUndefined();
  });
});
