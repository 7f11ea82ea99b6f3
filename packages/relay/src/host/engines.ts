import type { RelayContext } from '../relay/relay-lifecycle.ts';
import type {
  AvatarState,
  Caption,
  HostedEngine,
  MediaStats,
  RoomRelayOptions,
  RoomSource,
} from '../media-relay.ts';

/** A relay in this process. */
export interface RunningRelay {
  sendToSource(payload: string, topic?: string): Promise<void>;
  caption(caption: Caption): Promise<void>;
  setAvatarState(state: AvatarState): Promise<void>;
  sendToStage(payload: string, topic?: string): Promise<void>;
  switchSource(source: RoomSource, signal?: AbortSignal): Promise<void>;
  stats(): Promise<MediaStats>;
  close(reason?: string): Promise<void>;
}

export type LoadedEngine = {
  start(options: RoomRelayOptions, context: RelayContext): Promise<RunningRelay>;
  /** Lets go of what is native, before the process ends. */
  dispose(): Promise<void>;
};

/** Each engine brings a WebRTC library of its own, of which a process shall have one. `broken` is called when the library is of no use any more. */
export async function loadEngine(
  name: HostedEngine,
  broken: (message: string) => void,
): Promise<LoadedEngine> {
  if (name === 'rtp') {
    const { startRtpRelay } = await import('../engines/rtp/rtp-engine.ts');
    return { start: startRtpRelay, dispose: async () => {} };
  }
  const { disposeTranscode, startTranscodeRelay } = await import('../engines/transcode/transcode-engine.ts');
  return {
    start: (options, context) => startTranscodeRelay(options, context, broken),
    dispose: disposeTranscode,
  };
}
