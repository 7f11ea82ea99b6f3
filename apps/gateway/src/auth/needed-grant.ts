import type { TicketGrant } from '@avatar-bridge/contracts';

const grants: Record<string, TicketGrant | 'watch'> = {
  'POST /viewers': 'watch',
  'POST /messages': 'say',
  'DELETE /messages/:id': 'interrupt',
  'POST /interrupt': 'interrupt',
  'DELETE ': 'stop',
  'POST /restart': 'restart',
};

/**
 * What a ticket of `sessionId` needs for a request: a grant, or `watch`, which every ticket has. Undefined: no ticket
 * may do this.
 */
export function neededGrant(
  sessionId: string,
  method: string,
  path: string,
): TicketGrant | 'watch' | undefined {
  const own = `/v1/sessions/${sessionId}`;
  if (path !== own && !path.startsWith(`${own}/`)) return undefined;
  if (method === 'GET' || method === 'HEAD') return 'watch';
  const route = path.slice(own.length).replace(/^\/messages\/[^/]+$/, '/messages/:id');
  return grants[`${method} ${route}`];
}
