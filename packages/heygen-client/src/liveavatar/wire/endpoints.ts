/** Where everything is, below the base URL `https://api.liveavatar.com`. Source: the vendor's OpenAPI. */
export const endpoints = {
  /** POST, API key only: a session token cannot make another one. */
  token: '/v1/sessions/token',
  /** POST, session token only. */
  start: '/v1/sessions/start',
  /** POST, API key or session token. */
  stop: '/v1/sessions/stop',
  /** POST, API key or session token. */
  keepAlive: '/v1/sessions/keep-alive',
  /**
   * GET; a session, its `/transcript` and DELETE of its `/events` stand below it. DELETE of the path itself:
   * 405.
   */
  sessions: '/v1/sessions',
  /** GET; one avatar below it. */
  avatars: '/v1/avatars',
  /** GET, needs no key. */
  publicAvatars: '/v1/avatars/public',
  /** GET; one voice below it. */
  voices: '/v1/voices',
  /** GET, POST; GET, PATCH and DELETE below it. */
  contexts: '/v1/contexts',
  /** GET, needs no key. */
  languages: '/v1/languages',
  /** GET */
  credits: '/v1/users/credits',
} as const;

/**
 * The `code` of an answer that went well. The OpenAPI says 100; the vendor's web SDK refuses anything but
 * 1000.
 */
export const successCode = 1_000;

/**
 * The one avatar that sessions with `is_sandbox` may have: no credits, about a minute (vendor's
 * documentation).
 */
export const sandboxAvatarId = 'dd73ea75-1218-4ef3-92ce-606d5f7fbc0a';
