import type { TicketGrant } from '@avatar-bridge/contracts';
import { ProblemError } from '../problems/problem-error.ts';

/** The answer to a ticket's holder who asks for what the ticket does not grant. */
export function missingGrant(needed: TicketGrant): ProblemError {
  return new ProblemError('missing-grant', `Ask for a ticket with the grant ${needed}.`);
}
