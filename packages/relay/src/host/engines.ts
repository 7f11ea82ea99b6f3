import { comesFrom } from '../relay-source.ts';
import { TerminalError } from '../errors.ts';
import type { RelayContext } from '../relay/relay-lifecycle.ts';
import type {
  AvatarState,
  Caption,
  HostedEngine,
  MediaStats,
  RelayOptions,
  RoomSource,
  VoiceChunk,
} from '../media-relay.ts';

/** A relay in this process. */
export interface RunningRelay {
  caption(caption: Caption): Promise<void>;
  setAvatarState(state: AvatarState): Promise<void>;
  sendToStage(payload: string, topic?: string): Promise<void>;
  /** Only where there is an avatar. */
  sendToSource?(payload: string, topic?: string): Promise<void>;
  /** Only where there is a vendor's room. */
  switchSource?(source: RoomSource, signal?: AbortSignal): Promise<void>;
  /** Only of `voice`. */
  playVoice?(chunk: VoiceChunk): Promise<void>;
  clearVoice?(): Promise<void>;
  stats(): Promise<MediaStats>;
  close(reason?: string): Promise<void>;
}

export type LoadedEngine = {
  start(options: RelayOptions, context: RelayContext): Promise<RunningRelay>;
  /** Lets go of what is native, before the process ends. */
  dispose(): Promise<void>;
};

/**
 * Each engine brings a WebRTC library of its own, of which a process shall have one. `broken` is called when
 * the library is of no use any more.
 */
export async function loadEngine(
  name: HostedEngine,
  broken: (message: string) => void,
): Promise<LoadedEngine> {
  if (name === 'rtp') {
    const [{ startRtpRelay }, { DirectRelay }, { VoiceRelay }] = await Promise.all([
      import('../engines/rtp/rtp-engine.ts'),
      import('../engines/direct/direct-relay.ts'),
      import('../engines/voice/voice-relay.ts'),
    ]);
    const start: LoadedEngine['start'] = (options, context) => {
      if (comesFrom('stage', options)) return DirectRelay.start(options, context);
      if (comesFrom('voice', options)) return VoiceRelay.start(options, context);
      if (comesFrom('room', options)) return startRtpRelay(options, context);
      throw new TerminalError('engine-not-available', 'there is no engine for this source');
    };
    return { start, dispose: async () => {} };
  }
  const { disposeTranscode, startTranscodeRelay } = await import('../engines/transcode/transcode-engine.ts');
  return {
    start: (options, context) => {
      if (comesFrom('room', options)) return startTranscodeRelay(options, context, broken);
      throw new TerminalError('engine-not-available', 'only what comes from a room can be transcoded');
    },
    dispose: disposeTranscode,
  };
}
