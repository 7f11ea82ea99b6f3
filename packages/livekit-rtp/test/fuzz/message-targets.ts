import { ok } from 'node:assert/strict';
import { DataPacket, DataPacket_Kind, SignalResponse, UserPacket } from '@livekit/protocol';
import { disconnectReasonFrom } from '../../src/disconnect-reason.ts';
import { iceServersFrom } from '../../src/ice-servers.ts';
import { IncomingData } from '../../src/incoming-data.ts';
import type { NativeChannel } from '../../src/native-peer.ts';
import { roomEvents } from '../../src/room-events.ts';
import { Roster } from '../../src/roster.ts';
import { accepts, AUDIO_LEVEL_URI, extensionId, finishAnswer, mediaSections } from '../../src/sdp.ts';
import { textStreamPackets } from '../../src/text-stream.ts';
import { candidateFrom } from '../../src/trickle.ts';
import type { Target } from './feed.ts';
import { Mutator } from './mutator.ts';
import type { Random } from './random.ts';
import { recorded, recordedSdps } from './recorded.ts';
import { SdpMutator } from './sdp-mutator.ts';

export function messageTargets(random: Random): Target[] {
  const offers = new SdpMutator(random, recordedSdps.offers);
  const answers = new SdpMutator(random, [...recordedSdps.answers, ...recordedSdps.offers]);
  const messages = new Mutator(
    random,
    recorded.map((message) => message.toBinary()),
  );
  const packets = new Mutator(
    random,
    dataCorpus().map((packet) => packet.toBinary()),
  );
  const receive = dataReceiver();
  const checkMessage = messageReader();
  return [
    {
      name: 'SDP',
      inputs: 8_000,
      next: () => offers.next(),
      check: (sdp: string) => checkSdp(sdp, answers.next()),
    },
    { name: 'signal response', inputs: 120_000, next: () => messages.next(), check: checkMessage },
    { name: 'data packet', inputs: 120_000, next: () => packets.next(), check: receive },
  ];
}

function checkSdp(offer: string, answer: string): void {
  for (const section of mediaSections(offer)) {
    ok(section.kind === 'audio' || section.kind === 'video');
    for (const { mimeType, payloadType, clockRate, channels, fmtp } of section.codecs) {
      ok(
        mimeType.startsWith(`${section.kind}/`) &&
          Number.isInteger(payloadType) &&
          payloadType >= 0 &&
          payloadType <= 127,
        `${payloadType}`,
      );
      ok(
        Number.isFinite(clockRate) &&
          clockRate >= 0 &&
          (channels === undefined || Number.isInteger(channels)),
      );
      ok(fmtp === undefined || typeof fmtp === 'string');
    }
  }
  mediaSections(finishAnswer(answer, offer));
  for (const mid of ['0', '1', '2']) {
    ok(typeof accepts(answer, mid, 108, 'H264') === 'boolean');
    const id = extensionId(answer, mid, AUDIO_LEVEL_URI);
    ok(id === undefined || (Number.isInteger(id) && id > 0), `${id}`);
  }
}

/** Does with a response what a session does, but for its connections. */
function messageReader(): (bytes: Buffer) => void {
  const roster = new Roster();
  return (bytes) => {
    let response: SignalResponse;
    try {
      response = SignalResponse.fromBinary(bytes);
    } catch {
      return;
    }
    const { message } = response;
    if (message.case === 'trickle') candidateFrom(message.value);
    else if (message.case === 'leave') disconnectReasonFrom(message.value.reason);
    else if (message.case === 'join') {
      for (const { hostname, port } of iceServersFrom(message.value.iceServers))
        ok(hostname !== '' && port > 0 && port < 65_536, `${port}`);
      roster.apply(message.value.otherParticipants, 'relay');
    } else if (message.case === 'update') {
      for (const change of roster.apply(message.value.participants, 'relay'))
        ok(change.participant.tracks.every(({ sid }) => typeof sid === 'string'));
    }
    for (const { name, args } of roomEvents(message, (sid) => roster.bySid(sid)?.identity ?? '')) {
      if (name === 'connectionQuality')
        ok(['poor', 'good', 'excellent', 'lost'].includes(args[0].quality), args[0].quality);
    }
    // Everybody who ever joined stays here until they leave: the server's to bound, not ours.
    if (roster.participants.size > 100)
      for (const identity of roster.participants.keys()) forget(roster, identity);
  };
}

function forget(roster: Roster, identity: string): void {
  const { sid } = roster.participants.get(identity)!;
  const gone = SignalResponse.fromJson({
    update: { participants: [{ sid, identity, state: 'DISCONNECTED' }] },
  }).message;
  if (gone.case === 'update') roster.apply(gone.value.participants, 'relay');
}

function dataCorpus(): DataPacket[] {
  const options = {
    streamId: 'stream',
    topic: 'lk.transcription',
    attributes: { 'lk.segment_id': 's1' },
    destinationIdentities: [],
    timestamp: 1,
  };
  const user = new UserPacket({
    payload: Buffer.from('{"type":"avatar_start_talking"}'),
    topic: 'events',
    participantIdentity: 'avatar',
  });
  const plain = new DataPacket({
    kind: DataPacket_Kind.RELIABLE,
    participantIdentity: 'avatar',
    value: { case: 'user', value: user },
  });
  const numbered = Array.from({ length: 4 }, (_, index) => {
    const packet = plain.clone();
    packet.participantSid = `PA_${index}`;
    packet.sequence = 2 ** (index * 8);
    return packet;
  });
  return [
    plain,
    ...numbered,
    ...textStreamPackets('What is said, as a text. '.repeat(8), options),
    ...textStreamPackets('', options),
  ];
}

/** What comes on a data channel, without the channel. */
function dataReceiver(): (bytes: Buffer) => void {
  const data = new IncomingData({
    onData: ({ payload, topic }) =>
      ok(Buffer.isBuffer(payload) && (topic === undefined || typeof topic === 'string')),
    onText: ({ text, streamId }) => ok(typeof text === 'string' && typeof streamId === 'string'),
  });
  let receive = (_bytes: Buffer): void => {};
  const channel = {
    getLabel: () => '_reliable',
    onMessage: (listener: typeof receive) => (receive = listener),
  };
  data.attach(channel as unknown as NativeChannel);
  let received = 0;
  return (bytes) => {
    // Most senders leave before they have said much.
    if (++received % 1000 === 0)
      for (const sid of ['', 'PA_0', 'PA_1', 'PA_2', 'PA_3'])
        data.forgetParticipant({ identity: 'avatar', sid });
    receive(bytes);
  };
}
