import { dispose } from '@livekit/rtc-node';
import type { RoomRelayOptions } from '../../media-relay.ts';
import { AvatarRelay } from '../../relay/avatar-relay.ts';
import type { RelayEngine } from '../../relay/engine.ts';
import type { RelayContext } from '../../relay/relay-lifecycle.ts';
import { watchForPanic } from './ffi.ts';
import { TranscodeSource } from './transcode-source.ts';
import type { DecodedTrack } from './transcode-source.ts';
import { TranscodeStage } from './transcode-stage.ts';
import { SyncKeeper } from './sync-keeper.ts';

/**
 * The `transcode` engine: pictures and sound are decoded and encoded anew by LiveKit's own client. `broken`
 * is called when its native side has panicked, which no relay of this process survives.
 */
export function startTranscodeRelay(
  options: RoomRelayOptions,
  context: RelayContext,
  broken: (message: string) => void,
): Promise<AvatarRelay<DecodedTrack>> {
  const start = AvatarRelay.start(transcodeEngine(), options, context);
  // The native side runs as soon as the first room is being joined.
  watchForPanic(broken);
  return start;
}

/** Lets go of the native side, for good. */
export async function disposeTranscode(): Promise<void> {
  await dispose();
}

function transcodeEngine(): RelayEngine<DecodedTrack> {
  const sync = new SyncKeeper();
  return {
    joinSource: (source, handlers, context) =>
      TranscodeSource.join(source, handlers, {
        ...context,
        loudness: () => sync.loudness,
        everySecond: (room) => void sync.measure(room),
      }),
    joinStage: (options, handlers, context) => TranscodeStage.join(options, handlers, { ...context, sync }),
  };
}
