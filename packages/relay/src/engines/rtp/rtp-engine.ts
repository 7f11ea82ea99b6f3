import type { RelayOptions } from '../../media-relay.ts';
import { AvatarRelay } from '../../relay/avatar-relay.ts';
import type { RelayEngine } from '../../relay/engine.ts';
import type { RelayContext } from '../../relay/relay-lifecycle.ts';
import { Source } from './rtp-source.ts';
import type { SourceTrack } from './rtp-source.ts';
import { Stage } from './rtp-stage.ts';

const ENGINE: RelayEngine<SourceTrack> = {
  joinSource: (source, handlers, context) => Source.connect(source, handlers, context),
  joinStage: ({ stage }, handlers, context) => Stage.connect(stage, handlers, context),
};

/** The `rtp` engine: packets go from room to room as they are. */
export function startRtpRelay(
  options: RelayOptions,
  context: RelayContext,
): Promise<AvatarRelay<SourceTrack>> {
  return AvatarRelay.start(ENGINE, options, context);
}
