import { z } from '@hono/zod-openapi';
import { EventId } from '@avatar-bridge/contracts';
import { badInput } from '../problems/bad-input.ts';

const rule = 'must be an event id like 1764000000000-0, or 0 for all events, or $ for new ones only';

/** Where in the log a listener begins: behind the event with this id. */
export const placeQuery = z.object({
  after: z
    .string()
    .regex(/^(\d{1,16}-\d{1,10}|0|\$)$/, rule)
    .default('0')
    .describe('the id of the last event you have; 0 for all that are kept, $ for new ones only'),
});

/** A browser that comes back says so in the header, which is newer than what its URL says. */
export function placeOf(query: string, lastEventId: string | undefined): string {
  if (!lastEventId) return query;
  if (!EventId.safeParse(lastEventId).success)
    throw badInput([{ field: 'Last-Event-ID', rule: 'must be an event id like 1764000000000-0' }]);
  return lastEventId;
}
