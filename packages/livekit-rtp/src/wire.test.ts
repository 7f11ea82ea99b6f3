import {
  AudioTrackFeature,
  DisconnectReason,
  ICEServer,
  SignalTarget,
  TrackSource,
  TrackType,
} from '@livekit/protocol';
import { describe, expect, test } from 'vitest';
import { addTrackRequest, checkPublishOptions } from './add-track.ts';
import { codecOffer } from './codec-offer.ts';
import { disconnectReasonFrom, errorOfDisconnect } from './disconnect-reason.ts';
import { CancelledError, RetryableError, TerminalError } from './errors.ts';
import { iceServersFrom } from './ice-servers.ts';
import { bindAddressFor, signalUrl } from './signal-url.ts';
import { candidateFrom, trickleMessage } from './trickle.ts';
import type { Codec, PublishOptions } from './types.ts';

const opus: Codec = { mimeType: 'audio/opus', payloadType: 111, clockRate: 48_000, channels: 2 };
const h264: Codec = {
  mimeType: 'video/H264',
  payloadType: 108,
  clockRate: 90_000,
  fmtp: 'packetization-mode=1;profile-level-id=42001f',
};

describe('the address of the server', () => {
  test('gets the signalling path and no token', () => {
    const url = signalUrl('https://lk.example.com/base/', { autoSubscribe: false });
    expect(url.origin + url.pathname).toBe('wss://lk.example.com/base/rtc');
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      auto_subscribe: '0',
      adaptive_stream: '0',
      subscriber_allow_pause: '0',
    });
    expect(signalUrl('ws://127.0.0.1:7880', { autoSubscribe: true }).host).toBe('127.0.0.1:7880');
  });

  test('is refused when it is no address of a LiveKit server', () => {
    for (const url of ['', 'lk.example.com', 'ftp://lk.example.com']) {
      expect(() => signalUrl(url, { autoSubscribe: true })).toThrow(TerminalError);
    }
  });

  test('decides what ICE binds to', () => {
    for (const url of ['ws://127.0.0.1:7880', 'ws://localhost', 'ws://127.1.2.3', 'ws://[::1]:7880'])
      expect(bindAddressFor(url)).toBe('127.0.0.1');
    for (const url of ['wss://lk.example.com', 'ws://10.0.0.1', 'ws://localhost.example.com'])
      expect(bindAddressFor(url)).toBeUndefined();
  });
});

describe('ICE servers', () => {
  test('STUN and TURN over UDP are kept with their credentials', () => {
    const servers = [
      new ICEServer({
        urls: ['stun:stun.example.com', 'turn:turn.example.com:443?transport=udp'],
        username: 'u',
        credential: 'c',
      }),
      new ICEServer({ urls: ['turn:[2001:db8::1]:3479'], username: 'v', credential: 'd' }),
    ];
    expect(iceServersFrom(servers)).toEqual([
      { hostname: 'stun.example.com', port: 3478 },
      { hostname: 'turn.example.com', port: 443, username: 'u', password: 'c', relayType: 'TurnUdp' },
      { hostname: '2001:db8::1', port: 3479, username: 'v', password: 'd', relayType: 'TurnUdp' },
    ]);
  });

  test('TURN over TCP and TLS, and what is not understood, is left out', () => {
    expect(
      iceServersFrom([
        new ICEServer({
          urls: ['turn:t.example.com?transport=tcp', 'turns:t.example.com:443', 'http://x', ''],
        }),
      ]),
    ).toEqual([]);
    expect(
      iceServersFrom([new ICEServer({ urls: ['stun:s.example.com:0', 'turn:t.example.com:70000'] })]),
    ).toEqual([]);
  });
});

describe('ICE candidates', () => {
  test('go out and come back as the JSON of an RTCIceCandidateInit', () => {
    const message = trickleMessage('a=candidate:1 1 UDP 1 127.0.0.1 5 typ host', '0', SignalTarget.PUBLISHER);
    if (message.case !== 'trickle') throw new Error('not a trickle');
    expect(message.value.target).toBe(SignalTarget.PUBLISHER);
    expect(candidateFrom(message.value)).toEqual({
      candidate: 'candidate:1 1 UDP 1 127.0.0.1 5 typ host',
      mid: '0',
    });
  });

  test('the end mark and nonsense are no candidates', () => {
    for (const candidateInit of ['', '{}', 'null', '[1]', '{"candidate":""}', '{"candidate":1}'])
      expect(candidateFrom({ candidateInit })).toBeUndefined();
  });
});

describe('reasons to be disconnected', () => {
  test('each reason of the wire has a name', () => {
    expect(disconnectReasonFrom(DisconnectReason.DUPLICATE_IDENTITY)).toBe('duplicate-identity');
    expect(disconnectReasonFrom(DisconnectReason.ROOM_DELETED)).toBe('room-deleted');
    expect(disconnectReasonFrom(DisconnectReason.PARTICIPANT_REMOVED)).toBe('participant-removed');
    expect(disconnectReasonFrom(DisconnectReason.USER_REJECTED)).toBe('other');
  });

  test('the error class says what to do next', () => {
    expect(errorOfDisconnect('client')).toBeInstanceOf(CancelledError);
    expect(errorOfDisconnect('participant-removed')).toBeInstanceOf(TerminalError);
    expect(errorOfDisconnect('signal-lost')).toBeInstanceOf(RetryableError);
    expect(errorOfDisconnect('media-lost')).toMatchObject({ code: 'ice-failed' });
  });
});

describe('announcing a track', () => {
  const audio: PublishOptions = {
    kind: 'audio',
    name: 'voice',
    source: 'microphone',
    stream: 'avatar',
    codec: opus,
  };

  test('audio says whether it is stereo and without gaps, and never RED', () => {
    expect(addTrackRequest(audio, { cid: 'cid', ssrc: 1, muted: false })).toMatchObject({
      type: TrackType.AUDIO,
      source: TrackSource.MICROPHONE,
      stream: 'avatar',
      disableRed: true,
      stereo: true,
      audioFeatures: [AudioTrackFeature.TF_STEREO, AudioTrackFeature.TF_NO_DTX],
    });
    expect(
      addTrackRequest({ ...audio, stereo: false, dtx: true }, { cid: 'cid', ssrc: 1, muted: true }),
    ).toMatchObject({
      stereo: false,
      disableDtx: false,
      audioFeatures: [],
    });
  });

  test('video has one layer with its SSRC and names its codec', () => {
    const options: PublishOptions = {
      kind: 'video',
      name: 'picture',
      source: 'camera',
      codec: h264,
      width: 1280,
      height: 720,
      bitrate: 2e6,
    };
    expect(addTrackRequest(options, { cid: 'cid', ssrc: 7, muted: false })).toMatchObject({
      type: TrackType.VIDEO,
      source: TrackSource.CAMERA,
      layers: [{ width: 1280, height: 720, bitrate: 2_000_000, ssrc: 7 }],
      simulcastCodecs: [{ codec: 'h264', cid: 'cid' }],
    });
  });

  test('a codec of the other kind and a static payload type are refused', () => {
    expect(() => checkPublishOptions({ ...audio, codec: h264 })).toThrow(TerminalError);
    expect(() => checkPublishOptions({ ...audio, codec: { ...opus, payloadType: 0 } })).toThrow(
      TerminalError,
    );
  });

  test('the common codecs are offered behind the chosen one, each payload type once', () => {
    const offered = codecOffer('video', { mimeType: 'video/VP8', payloadType: 108, clockRate: 90_000 });
    expect(offered[0]).toMatchObject({ mimeType: 'video/VP8', payloadType: 108 });
    expect(offered.filter(({ mimeType }) => mimeType === 'video/VP8')).toHaveLength(1);
    expect(new Set(offered.map(({ payloadType }) => payloadType)).size).toBe(offered.length);
    expect(offered.map(({ mimeType }) => mimeType)).toContain('video/H264');
    expect(codecOffer('audio', opus)).toEqual([opus]);
  });
});
