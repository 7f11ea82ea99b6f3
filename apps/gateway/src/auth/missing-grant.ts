import type { MessageRequest, TicketGrant } from '@avatar-bridge/contracts';
import { ProblemError } from '../problems/problem-error.ts';
import type { Credential } from './credential.ts';

/** The answer to a ticket's holder who asks for what the ticket does not grant. */
export function missingGrant(needed: TicketGrant): ProblemError {
  return new ProblemError('missing-grant', `Ask for a ticket with the grant ${needed}.`);
}

/** Throws when a ticket's holder posts a message that silences or drops others, and may not do that by itself. */
export function checkPolicy({ ticket }: Credential, { policy = 'queue' }: MessageRequest): void {
  if (ticket && policy !== 'queue' && !ticket.grants.includes('interrupt')) throw missingGrant('interrupt');
}
