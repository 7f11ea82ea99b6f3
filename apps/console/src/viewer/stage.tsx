import {
  LiveKitRoom,
  RoomAudioRenderer,
  StartAudio,
  VideoTrack,
  useConnectionState,
  useDataChannel,
  useTranscriptions,
  useVoiceAssistant,
} from '@livekit/components-react';
import type { StreamedEvent } from '@avatar-bridge/contracts';
import { ConnectionError, ConnectionErrorReason, ConnectionState, DisconnectReason } from 'livekit-client';
import { useCallback, useEffect, useRef, useState, type ReactNode } from 'react';

export type StageAccess = { url: string; token: string };

/** The caption leaves the picture this long after its last word. */
const captionLingers = 4_000;

/** The room in which the avatar is seen and heard. */
export function Stage({
  access,
  notice,
  onEvent,
}: {
  access: StageAccess | undefined;
  notice: string | undefined;
  onEvent?: (event: StreamedEvent) => void;
}) {
  const [trouble, setTrouble] = useState<string>();
  if (!access) {
    return (
      <div className="stage">
        <Placeholder>{notice ?? 'No session yet. Press Start.'}</Placeholder>
      </div>
    );
  }
  return (
    <LiveKitRoom
      className="stage"
      serverUrl={access.url}
      token={access.token}
      connect
      data-lk-theme="default"
      onConnected={() => setTrouble(undefined)}
      onError={(error) => setTrouble(whyNotJoined(error))}
      onDisconnected={(reason) => setTrouble((before) => whyGone(reason) ?? before)}
    >
      <Picture notice={notice ?? trouble} onEvent={onEvent} />
      <RoomAudioRenderer />
      <StartAudio label="Turn the sound on" className="sound" />
    </LiveKitRoom>
  );
}

function Picture({
  notice,
  onEvent,
}: {
  notice: string | undefined;
  onEvent?: (event: StreamedEvent) => void;
}) {
  const connection = useConnectionState();
  const { videoTrack, state } = useVoiceAssistant();
  const frame = useRef<HTMLDivElement>(null);
  useDataChannel(
    'avatar-bridge.event',
    useCallback(
      ({ payload }: { payload: Uint8Array }) =>
        onEvent?.(JSON.parse(new TextDecoder().decode(payload)) as StreamedEvent),
      [onEvent],
    ),
  );
  const speaking = state === 'speaking';
  return (
    <div ref={frame} className={speaking ? 'picture speaking' : 'picture'}>
      {videoTrack ? (
        <VideoTrack trackRef={videoTrack} />
      ) : (
        <Placeholder>{notice ?? waitingFor(connection)}</Placeholder>
      )}
      {videoTrack && notice && <div className="veil">{notice}</div>}
      {videoTrack && <span className={`chip ${state}`}>{state}</span>}
      <Caption />
      {videoTrack && (
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

function Caption() {
  const transcriptions = useTranscriptions();
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

function waitingFor(connection: ConnectionState): string {
  switch (connection) {
    case ConnectionState.Connected:
      return 'Waiting for the avatar';
    case ConnectionState.Disconnected:
      return 'Not connected to the room';
    default:
      return 'Joining the room';
  }
}

function whyNotJoined(error: Error): string {
  const refused = error instanceof ConnectionError && error.reason === ConnectionErrorReason.NotAllowed;
  return refused ? 'This link has expired. Ask for a new one.' : 'The room can’t be reached';
}

function whyGone(reason: DisconnectReason | undefined): string | undefined {
  switch (reason) {
    case DisconnectReason.ROOM_DELETED:
    case DisconnectReason.ROOM_CLOSED:
      return 'The session is closed';
    case DisconnectReason.DUPLICATE_IDENTITY:
      return 'You are watching in another window';
    case DisconnectReason.PARTICIPANT_REMOVED:
      return 'You were removed from the room';
    default:
      return undefined;
  }
}
