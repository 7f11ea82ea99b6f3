import type { SessionEnd, SessionEventBody } from '@avatar-bridge/contracts';
import type { OwnedSession } from '@avatar-bridge/session-store';
import type { Logger } from 'pino';
import { within } from '../within.ts';
import type { Journal } from './journal.ts';
import type { LinkKeeper } from './link-keeper.ts';
import type { StageAccess } from './stage-access.ts';

/** ms that a stopped session waits for the vendor before viewers are told that it has ended. */
const stopTimeout = 1_500;
/** ms that viewers are given to hear of the end. */
const lastEventsTimeout = 500;

/** What a session is concluded with. */
export type Concluding = {
  owned: OwnedSession;
  links: LinkKeeper;
  journal: Journal;
  stage: Pick<StageAccess, 'close'>;
  logger: Logger;
};

/** Stops the vendor session, tells that the session has ended, and closes the stage. */
export async function endSession(
  { owned, links, journal, stage, logger }: Concluding,
  end: SessionEnd,
  { eventsPassed, isStillOurs }: { eventsPassed: Promise<void>; isStillOurs: () => boolean },
): Promise<void> {
  const stopping = links.stopVendor(end.message);
  await within(stopping, stopTimeout);
  journal.write(() => owned.end(end));
  await journal.idle();
  await within(eventsPassed, lastEventsTimeout);
  await stopping;
  await links.leaveStage(end.message);
  // Whoever owns the session by now has viewers in that room.
  if (!isStillOurs()) return;
  const closing = stage
    .close(owned.id, owned.record.room)
    .catch((error: unknown) =>
      logger.warn({ err: error }, 'the stage of an ended session could not be closed'),
    );
  await within(closing, stopTimeout);
}

/**
 * Stops the vendor session and leaves the stage; what came into the mailbox after `seen` wakes the session
 * again.
 */
export async function parkSession(
  { links, journal }: Pick<Concluding, 'links' | 'journal'>,
  event: Extract<SessionEventBody, { type: 'session.parked' }>,
  seen: string,
): Promise<void> {
  await links.close('the session is parked');
  journal.write((owned) => owned.park(event, seen));
  await journal.idle();
}
