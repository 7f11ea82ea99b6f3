import { TicketGrant } from '@avatar-bridge/contracts';

/** What the link gave this page: a way to watch only, a ticket to watch and control, or nothing. */
export type Credentials =
  | { kind: 'watch'; sessionId: string; url: string; token: string }
  | { kind: 'control'; sessionId: string; ticket: string }
  | { kind: 'none'; sessionId: string };

const ticketKey = (sessionId: string): string => `avatar-bridge.ticket.${sessionId}`;

/**
 * Reads the credentials of the link `/viewer/<session>#…`. A ticket is kept for this tab and taken out of the address
 * bar, so that a screenshot or a copied address does not give it away.
 */
export function takeCredentials(
  location: Location = window.location,
  storage: Storage = window.sessionStorage,
): Credentials {
  const sessionId = sessionInPath(location.pathname);
  const fragment = new URLSearchParams(location.hash.slice(1));
  const [url, token, given] = [fragment.get('url'), fragment.get('token'), fragment.get('ticket')];
  if (token && url) return { kind: 'watch', sessionId, url, token };
  if (given) {
    keepTicket(sessionId, given, storage);
    window.history.replaceState(null, '', location.pathname);
  }
  const ticket = given ?? storage.getItem(ticketKey(sessionId));
  return ticket ? { kind: 'control', sessionId, ticket } : { kind: 'none', sessionId };
}

/** Keeps a session's ticket for this tab, so that a reload finds it. */
export function keepTicket(
  sessionId: string,
  ticket: string,
  storage: Storage = window.sessionStorage,
): void {
  storage.setItem(ticketKey(sessionId), ticket);
}

/** What a ticket allows: its claim `grants`. What this page cannot read allows nothing. */
export function grantsOf(ticket: string): TicketGrant[] {
  try {
    const payload = (ticket.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const { grants } = JSON.parse(atob(payload)) as { grants?: unknown };
    return TicketGrant.options.filter((grant) => Array.isArray(grants) && grants.includes(grant));
  } catch {
    return [];
  }
}

function sessionInPath(path: string): string {
  return /^\/viewer\/([^/]+)/.exec(path)?.[1] ?? '';
}
