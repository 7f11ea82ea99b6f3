import { FencedError, type OwnedSession, type StateChange } from '@avatar-bridge/session-store';
import { noTries, type Over, type State } from './state.ts';

/** What its record says a new owner begins with. */
export function firstState({ record }: OwnedSession): State {
  if (record.stopRequested) {
    const end = { outcome: 'stopped', code: 'stopped', message: record.stopRequested.reason } as const;
    return { name: 'stopping', end };
  }
  if (record.liveAt === undefined || record.state === 'parked')
    return { name: 'starting', notBefore: 0, ...noTries };
  return { name: 'recovering', notBefore: 0, reason: 'Another worker took it over', ...noTries };
}

/** What becomes of its lease. Throws FencedError, and whatever broke. */
export function outcomeOf(over: Over, { id, epoch }: OwnedSession): 'ended' | 'released' | 'parked' {
  switch (over.name) {
    case 'crashed':
      throw over.error;
    case 'fenced':
      throw new FencedError(id, epoch, 'its worker stopped acting on it');
    default:
      return over.name;
  }
}

/** What the session's listeners are told of a state. */
export function changeOf(
  state: State,
  { epoch, record }: OwnedSession,
  worker: string,
): StateChange | undefined {
  switch (state.name) {
    case 'starting':
      return {
        type: 'session.starting',
        epoch,
        worker,
        ...(state.reason !== undefined && { reason: state.reason }),
      };
    case 'live':
      return { type: 'session.live', room: record.room };
    case 'recovering':
      return { type: 'session.recovering', reason: state.reason, attempt: state.attempt };
    case 'stopping':
      return { type: 'session.stopping', reason: state.end.message };
    default:
      return undefined;
  }
}
