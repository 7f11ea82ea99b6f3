import type { RoomRelayOptions } from '../../media-relay.ts';
import { AvatarRelay } from '../../relay/avatar-relay.ts';
import type { RelayEngine } from '../../relay/engine.ts';
import type { RelayContext } from '../../relay/relay-lifecycle.ts';
import { RtpSource } from './rtp-source.ts';
import type { RtpSourceTrack } from './rtp-source.ts';
import { RtpStage } from './rtp-stage.ts';

const ENGINE: RelayEngine<RtpSourceTrack> = {
  joinSource: (source, handlers, context) => RtpSource.connect(source, handlers, context),
  joinStage: ({ stage }, handlers, context) => RtpStage.connect(stage, handlers, context),
};

/** The `rtp` engine: packets go from room to room as they are. */
export function startRtpRelay(
  options: RoomRelayOptions,
  context: RelayContext,
): Promise<AvatarRelay<RtpSourceTrack>> {
  return AvatarRelay.start(ENGINE, options, context);
}
