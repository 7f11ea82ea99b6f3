import { randomBytes } from 'node:crypto';
import { bounds } from '../../limits.ts';

type Issued = { expiresAt: number; sessionId?: string };

/** The one-time session tokens: each opens one session, and serves the calls of that session only. */
export class Tokens {
  readonly #issued = new Map<string, Issued>();

  /**
   * A new token, good for `lifetime` ms. Shaped as seen in a log of the vendor: base64 of `{token,
   * token_type, created_at}`.
   */
  issue(at: number, lifetime: number): string {
    const content = {
      token: randomBytes(16).toString('hex'),
      token_type: 'sa_from_regular',
      created_at: Math.floor(at / 1_000),
    };
    const token = Buffer.from(JSON.stringify(content)).toString('base64');
    this.#issued.set(token, { expiresAt: at + lifetime });
    if (this.#issued.size > bounds.tokens) this.#issued.delete(this.#issued.keys().next().value as string);
    return token;
  }

  /** Binds a fresh token to the session it opens. False when it is unknown, expired or used already. */
  spend(token: string, sessionId: string, at: number): boolean {
    const issued = this.#valid(token, at);
    if (!issued || issued.sessionId !== undefined) return false;
    issued.sessionId = sessionId;
    return true;
  }

  /** Whether the token may call about this session; without a session, whether it is good at all. */
  allows(token: string, sessionId: string | undefined, at: number): boolean {
    const issued = this.#valid(token, at);
    return issued !== undefined && (sessionId === undefined || issued.sessionId === sessionId);
  }

  /** Whether the token could still open a session. */
  isFresh(token: string, at: number): boolean {
    const issued = this.#valid(token, at);
    return issued !== undefined && issued.sessionId === undefined;
  }

  clear(): void {
    this.#issued.clear();
  }

  #valid(token: string, at: number): Issued | undefined {
    const issued = this.#issued.get(token);
    return issued && at < issued.expiresAt ? issued : undefined;
  }
}
