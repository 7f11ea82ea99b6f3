import type { TicketGrant } from '@avatar-bridge/contracts';

/** `chatbot` may use the API; `operator` may do that, too, and see the operators' pages. */
export type Role = 'chatbot' | 'operator';

/** What a ticket says about its holder. */
export type TicketClaims = {
  /** The only session that it is for. */
  sessionId: string;
  /** What its holder may do there besides watching. */
  grants: readonly TicketGrant[];
  /** Epoch ms after which it holds no longer. */
  expiresAt: number;
};

/** Who asks: the holder of a key, or a viewer with a ticket. */
export type Credential =
  | { role: Role; key: string; ticket?: undefined }
  | { role: 'viewer'; key?: undefined; ticket: TicketClaims };

export function mayAct({ role }: Credential, needed: Role): boolean {
  return role === needed || role === 'operator' || (role === 'viewer' && needed === 'chatbot');
}
