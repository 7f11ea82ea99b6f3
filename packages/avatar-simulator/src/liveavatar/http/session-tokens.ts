import { randomBytes } from 'node:crypto';
import { sign, verify } from 'hono/jwt';
import type { Mode } from '../session/mode.ts';

/** The session tokens: JWTs whose payload tells the mode, which the vendor's web SDK reads. */
export class SessionTokens {
  readonly #secret = randomBytes(32).toString('hex');

  /** `lifetime` is in seconds. */
  issue(sessionId: string, mode: Mode, lifetime: number): Promise<string> {
    const issuedAt = Math.floor(Date.now() / 1_000);
    const payload = {
      sub: sessionId,
      session_id: sessionId,
      start_session_data: { mode },
      iat: issuedAt,
      exp: issuedAt + Math.ceil(lifetime),
    };
    return sign(payload, this.#secret, 'HS256');
  }

  /** The session that a token is for; undefined when it is not one of ours, or expired. */
  async sessionOf(token: string): Promise<string | undefined> {
    try {
      const { session_id: sessionId } = await verify(token, this.#secret, 'HS256');
      return typeof sessionId === 'string' ? sessionId : undefined;
    } catch {
      return undefined;
    }
  }
}
