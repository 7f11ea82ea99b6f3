import { retryable, terminal, type Vendor } from '../core/classify.ts';
import { vendorErrors } from './wire/index.ts';

const {
  unauthorized,
  wrongState,
  forbidden,
  noApiAccess,
  avatarNotAllowed,
  avatarDeprecated,
  sessionUnknown,
  concurrencyLimit,
} = vendorErrors;

/** A number alone is rarely confirmed, so words count as well. */
const rules: Vendor['rules'] = [
  {
    // Seen by one observer in 2026: of the body only this word is known, and not where it stands.
    codes: ['endpoint_sunset'],
    statuses: [410],
    text: /endpoint_sunset/i,
    make: (c, said) =>
      terminal(
        'sunset',
        c,
        `HeyGen switched its v1 streaming API off (${said}); use the provider liveavatar-full`,
      ),
  },
  {
    codes: [concurrencyLimit.code, 10004],
    text: /concurren/i,
    make: (c, said) =>
      retryable(
        'concurrency-limit',
        c,
        `The HeyGen account has no free session (${said}): close one, or wait until one is stopped`,
      ),
  },
  {
    codes: [wrongState.code],
    text: /not in (the )?correct state/i,
    make: (c, said) =>
      retryable(
        'not-ready',
        c,
        `HeyGen could not ${c.what} (${said}): the avatar's tracks are not up yet, or the session is closed`,
      ),
  },
  {
    codes: [unauthorized.code],
    statuses: [401],
    make: (c, said) =>
      terminal(
        'unauthorized',
        c,
        c.credential === 'key'
          ? `HeyGen refused the API key (${said}): set HEYGEN_API_KEY to a valid one; LiveAvatar's don't work`
          : `HeyGen refused the session token (${said}): each token is for one session, and expires`,
      ),
  },
  {
    statuses: [429],
    text: /rate limit|too many requests/i,
    make: (c, said) =>
      retryable('rate-limited', c, `HeyGen could not ${c.what} (${said}): too many requests`),
  },
  {
    codes: [sessionUnknown.code],
    text: /invalid session\b|session\b.*\b(not found|closed|expired|ended|does(n't| not) exist)/i,
    make: (c, said) =>
      terminal('session-closed', c, `HeyGen could not ${c.what} (${said}): the session is gone`),
  },
  {
    codes: [avatarNotAllowed.code, avatarDeprecated.code, 400014],
    text: /\bavatar\b/i,
    make: (c, said) =>
      terminal(
        'unknown-avatar',
        c,
        `HeyGen could not ${c.what} (${said}): choose an interactive avatar that this account may use`,
      ),
  },
  {
    codes: [forbidden.code, noApiAccess.code],
    statuses: [403],
    make: (c, said) => terminal('forbidden', c, `HeyGen does not let this account ${c.what} (${said})`),
  },
  {
    statuses: [408],
    make: (c, said) => retryable('unavailable', c, `HeyGen could not ${c.what} (${said})`, true),
  },
];

export const heygen: Vendor = {
  name: 'HeyGen',
  defaultUrl: 'https://api.heygen.com',
  urlVariable: 'HEYGEN_BASE_URL',
  keyVariable: 'HEYGEN_API_KEY',
  rules,
};
