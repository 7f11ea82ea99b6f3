import type { RelayOptions, RoomSource, StageSource, VoiceSource } from './media-relay.ts';

type Sources = { room: RoomSource; stage: StageSource; voice: VoiceSource };

/** Whether a relay's picture and voice come from there. */
export function comesFrom<K extends keyof Sources>(
  kind: K,
  options: RelayOptions,
): options is RelayOptions & { source: Sources[K] } {
  return options.source.kind === kind;
}
