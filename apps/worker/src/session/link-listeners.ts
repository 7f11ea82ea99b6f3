import type { SessionEventBody } from '@avatar-bridge/contracts';
import { removals } from '@avatar-bridge/relay';
import { now } from '../clock.ts';
import type { Captions } from '../speech/captions.ts';
import type { Speaker } from '../speech/speaker.ts';
import type { KeepAlive } from './keep-alive.ts';
import type { LimitKeeper } from './limit-keeper.ts';
import type { LinkListeners } from './link-keeper.ts';
import type { StagePresence } from './stage-presence.ts';
import type { StateEvent } from './state.ts';
import { handleVendorEvent, type VendorEventParts } from './vendor-events.ts';

/** What the stage is lost for when somebody took the avatar's right to publish there. */
const unpublished = 'relay-track-removed';

export type LinkListenerParts = VendorEventParts &
  Pick<LinkListeners, 'stageData' | 'up'> & {
    speaker: Speaker;
    captions: Captions;
    keepAlive: Pick<KeepAlive, 'attach' | 'detach'>;
    limits: Pick<LimitKeeper, 'watched'>;
    presence: StagePresence;
    dispatch: (event: StateEvent) => void;
    wake: () => void;
  };

/** What a session does about what its vendor sessions and its avatar on the stage tell. */
export function linkListeners(parts: LinkListenerParts): LinkListeners {
  const { captions, dispatch, journal, keepAlive, limits, presence, speaker, stageData, up, wake } = parts;
  const onMediaEvent = (event: SessionEventBody): void => {
    if (event.type === 'audience.changed') limits.watched(event.watched, now());
    journal.append(event);
    if (event.type === 'stage.muted' || event.type === 'stage.unmuted')
      presence.muted(event.kind, event.type === 'stage.muted');
    wake();
  };
  return {
    stageData,
    up,
    vendor: (event) => handleVendorEvent(event, parts),
    voice: (active) => speaker.voice(active, now()),
    event: onMediaEvent,
    offstage: (reason) => {
      speaker.suspend();
      captions.finish();
      presence.lost(reason);
      const told = `The stage was lost: ${reason}`;
      const removed = removals.has(reason) || reason === unpublished;
      dispatch({ type: 'stage.lost', at: now(), reason: told, removed });
    },
    unseen: (unseen, cut) => {
      speaker.unseen(unseen);
      if (cut) speaker.sayAgain();
    },
    stageAway: (away) => (away ? speaker.suspend() : speaker.resume()),
    down: (down, kept) => {
      if (kept) {
        keepAlive.attach(kept.session);
      } else {
        keepAlive.detach();
        speaker.detach({ another: down.another ?? false });
      }
      captions.finish();
      dispatch({ type: 'link.down', at: now(), chance: Math.random(), ...down });
    },
  };
}
