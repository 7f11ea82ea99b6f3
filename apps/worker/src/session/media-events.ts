import type { SessionEventBody } from '@avatar-bridge/contracts';
import type { Relay, RelayEvents } from '@avatar-bridge/relay';
import { LostError } from '../lost-error.ts';

type Table<T> = { [E in keyof RelayEvents]?: (...args: RelayEvents[E]) => T };

/** What a session's event log says of each event of its relay. */
export const sessionEvents: Table<SessionEventBody> = {
  engineChosen: ({ engine, reason }) => ({ type: 'relay.started', engine, reason }),
  firstFrame: ({ kind }) => ({ type: 'media.started', kind }),
  mediaStalled: ({ kind, sinceMs }) => ({ type: 'media.stalled', kind, stalledMs: Math.round(sinceMs) }),
  mediaResumed: ({ kind, gapMs }) => ({ type: 'media.resumed', kind, gapMs: Math.round(gapMs) }),
  stageMuted: ({ kind, muted }) => ({ type: muted ? 'stage.muted' : 'stage.unmuted', kind }),
  audience: ({ watched }) => ({ type: 'audience.changed', watched }),
  restarting: ({ reason }) => ({ type: 'relay.restarting', reason }),
  restarted: ({ gapMs }) => ({ type: 'relay.restarted', gapMs: Math.round(gapMs) }),
  reconnecting: ({ side, reason }) => ({ type: 'relay.reconnecting', side, reason }),
  reconnected: ({ side, gapMs }) => ({ type: 'relay.reconnected', side, gapMs: Math.round(gapMs) }),
};

/** The events after which the avatar is no longer on the stage, or will not come back by itself. */
export const losses: Table<LostError> = {
  sourceDisconnected: ({ reason }) =>
    new LostError('vendor-lost', `The avatar left, or its room was lost: ${reason}`),
  stageDisconnected: ({ reason }) => new LostError('stage-lost', `The stage was lost: ${reason}`),
  failed: ({ code }) => new LostError(`relay-${code}`, `The relay failed: ${code}`),
  closed: ({ reason }) => new LostError('relay-closed', `The relay closed: ${reason}`),
};

/** Calls `tell` with what the table makes of each of the relay's events. */
export function onEach<T>(relay: Relay, table: Table<T>, tell: (told: T) => void): void {
  for (const [name, make] of Object.entries(table) as [keyof RelayEvents, (fact: unknown) => T][])
    relay.on(name, (fact: unknown) => tell(make(fact)));
}
