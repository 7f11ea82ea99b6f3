import type { DisconnectReason } from '@avatar-bridge/livekit-rtp';

/** ms that a participant whose connection broke is given to come back before it counts as gone. */
const graceMs = 3_000;
/** The same after an outage of the stage, which broke everybody's connection. */
const outageGraceMs = 5_000;
/** It will not come back by itself. */
const final: ReadonlySet<DisconnectReason> = new Set(['client', 'participant-removed', 'room-deleted']);

/** Whether the avatar is on the stage. Times are monotonic ms. */
export type Absence =
  /** It has not been there yet. */
  | { name: 'awaited' }
  | { name: 'present' }
  /** It left; `until` then it may come back without anybody being told. */
  | { name: 'missing'; reason: DisconnectReason; until: number }
  /** It is gone, and that was told. */
  | { name: 'gone'; reason: DisconnectReason };

export type AbsenceEvent =
  | { type: 'came' }
  /** `outage`: it was not there any more when we came back from an outage of the stage. */
  | { type: 'left'; reason: DisconnectReason; at: number; outage: boolean }
  | { type: 'time'; at: number };

/** The state after an event; the same object when nothing changes. */
export function next(state: Absence, event: AbsenceEvent): Absence {
  switch (event.type) {
    case 'came':
      return state.name === 'present' ? state : { name: 'present' };
    case 'left':
      if (state.name !== 'present') return state;
      return final.has(event.reason)
        ? { name: 'gone', reason: event.reason }
        : {
            name: 'missing',
            reason: event.reason,
            until: event.at + (event.outage ? outageGraceMs : graceMs),
          };
    case 'time':
      return state.name === 'missing' && event.at >= state.until
        ? { name: 'gone', reason: state.reason }
        : state;
  }
}
