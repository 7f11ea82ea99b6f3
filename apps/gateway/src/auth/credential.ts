/** `chatbot` may use the API; `operator` may do that, too, and see the operators' pages. */
export type Role = 'chatbot' | 'operator';

/** Who asks, as far as the gateway needs to know. */
export type Credential = {
  role: Role;
  /** Epoch ms after which a ticket holds no longer; keys have none. */
  expiresAt?: number;
  /** The only session that a ticket is for; keys are for all. */
  sessionId?: string;
};

export function mayAct(credential: Credential, needed: Role): boolean {
  return credential.role === needed || credential.role === 'operator';
}

/** A ticket reaches its own session, and may open another; a key reaches everything. `path` is as it was sent, not decoded. */
export function reaches({ sessionId }: Credential, method: string, path: string): boolean {
  if (sessionId === undefined) return true;
  const own = `/v1/sessions/${sessionId}`;
  return path === own || path.startsWith(`${own}/`) || (method === 'POST' && path === '/v1/sessions');
}
