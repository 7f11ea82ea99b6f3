import {
  AudioTrack,
  LiveKitRoom,
  StartAudio,
  VideoTrack,
  useConnectionState,
  useRemoteParticipants,
  useRoomContext,
  useTracks,
  useTranscriptions,
} from '@livekit/components-react';
import type { StreamedEvent } from '@avatar-bridge/contracts';
import { ConnectionState, RoomEvent, type RoomEventCallbacks, Track } from 'livekit-client';
import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { avatarIdentity, avatarTracks } from './avatar-tracks.ts';
import { readRoomEvent } from './room-event.ts';
import { useRejoin } from './use-rejoin.ts';

export type StageAccess = { url: string; token: string };

/** The caption leaves the picture this long after its last word. */
const captionLingers = 4_000;

const sources = [Track.Source.Camera, Track.Source.Microphone, Track.Source.Unknown];

/**
 * The room in which the session's avatar is seen and heard. Others may be in it, too: they are not shown and
 * not obeyed.
 */
export function Stage({
  sessionId,
  access,
  provider,
  notice,
  onEvent,
  onAvatarLeft,
}: {
  sessionId: string;
  access: StageAccess | undefined;
  /** Who speaks, in a person's words. */
  provider: string | undefined;
  notice: string | undefined;
  onEvent?: (event: StreamedEvent) => void;
  /** The session's own participant is not in the room any more. */
  onAvatarLeft?: () => void;
}) {
  const { round, trouble, ...listeners } = useRejoin();
  if (!access) {
    return (
      <div className="stage">
        <Placeholder>{notice ?? 'Looking for the session'}</Placeholder>
      </div>
    );
  }
  return (
    <LiveKitRoom
      key={round}
      className="stage"
      serverUrl={access.url}
      token={access.token}
      connect
      data-lk-theme="default"
      {...listeners}
    >
      <Picture sessionId={sessionId} provider={provider} notice={notice ?? trouble} />
      <RoomEvents sessionId={sessionId} onEvent={onEvent} onAvatarLeft={onAvatarLeft} />
      <StartAudio label="Turn the sound on" className="sound" />
    </LiveKitRoom>
  );
}

function Picture({
  sessionId,
  provider,
  notice,
}: {
  sessionId: string;
  provider: string | undefined;
  notice: string | undefined;
}) {
  const connection = useConnectionState();
  const { video, audio } = avatarTracks(useTracks(sources, { onlySubscribed: true }), sessionId);
  const state = useAgentState(sessionId);
  const frame = useRef<HTMLDivElement>(null);
  return (
    <div ref={frame} className={state === 'speaking' ? 'picture speaking' : 'picture'}>
      {audio && <AudioTrack trackRef={audio} />}
      {video ? (
        <VideoTrack trackRef={video} />
      ) : (
        <Placeholder>{notice ?? waitingFor(connection, audio !== undefined)}</Placeholder>
      )}
      {video && notice && <div className="veil">{notice}</div>}
      {(video ?? audio) && state && (
        <span className={`chip ${state}`}>
          {state}
          {provider && <small>{provider}</small>}
        </span>
      )}
      <Caption sessionId={sessionId} />
      {video && (
        <button
          className="corner"
          aria-label="Full screen"
          title="Full screen"
          onClick={() => void frame.current?.requestFullscreen()}
        >
          ⛶
        </button>
      )}
    </div>
  );
}

/**
 * Tells the session's events as its own participant sends them to the room, and when that leaves. Shows
 * nothing.
 */
function RoomEvents({
  sessionId,
  onEvent,
  onAvatarLeft,
}: {
  sessionId: string;
  onEvent: ((event: StreamedEvent) => void) | undefined;
  onAvatarLeft: (() => void) | undefined;
}) {
  const room = useRoomContext();
  useEffect(() => {
    const onData: RoomEventCallbacks['dataReceived'] = (payload, sender, _kind, topic, _type, identity) => {
      if (topic !== 'avatar-bridge.event') return;
      // What is sent last may come when its sender has left already.
      const event = readRoomEvent(payload, identity ?? sender?.identity, sessionId);
      if (event) onEvent?.(event);
    };
    const onLeft: RoomEventCallbacks['participantDisconnected'] = ({ identity }) => {
      if (identity === avatarIdentity(sessionId)) onAvatarLeft?.();
    };
    room.on(RoomEvent.DataReceived, onData).on(RoomEvent.ParticipantDisconnected, onLeft);
    return () => {
      room.off(RoomEvent.DataReceived, onData).off(RoomEvent.ParticipantDisconnected, onLeft);
    };
  }, [room, sessionId, onEvent, onAvatarLeft]);
  return null;
}

/** What the session's own participant says of the avatar. */
function useAgentState(sessionId: string): string | undefined {
  const participants = useRemoteParticipants({ updateOnlyOn: [RoomEvent.ParticipantAttributesChanged] });
  const identity = avatarIdentity(sessionId);
  return participants.find((each) => each.identity === identity)?.attributes['lk.agent.state'];
}

function Caption({ sessionId }: { sessionId: string }) {
  const participantIdentities = useMemo(() => [avatarIdentity(sessionId)], [sessionId]);
  const transcriptions = useTranscriptions({ participantIdentities });
  const latest = transcriptions.at(-1);
  const text = latest?.text.trim() ?? '';
  const [over, setOver] = useState('');
  useEffect(() => {
    if (!text) return;
    const timer = setTimeout(() => setOver(text), captionLingers);
    return () => clearTimeout(timer);
  }, [text]);
  return text && over !== text ? (
    <p className="caption" aria-live="polite">
      {text}
    </p>
  ) : null;
}

function Placeholder({ children }: { children: ReactNode }) {
  return (
    <div className="placeholder">
      <svg viewBox="0 0 120 120" aria-hidden="true">
        <circle cx="60" cy="46" r="22" />
        <path d="M16 112c4-28 22-38 44-38s40 10 44 38z" />
      </svg>
      <p>{children}</p>
    </div>
  );
}

function waitingFor(connection: ConnectionState, isHeard: boolean): string {
  switch (connection) {
    case ConnectionState.Connected:
      return isHeard ? 'Voice only: there is no picture at the moment' : 'Waiting for the avatar';
    case ConnectionState.Disconnected:
      return 'Not connected to the room';
    default:
      return 'Joining the room';
  }
}
