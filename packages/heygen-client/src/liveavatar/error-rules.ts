import { retryable, terminal, type Vendor } from '../core/classify.ts';
import { liveAvatarErrors } from './wire/index.ts';

const { concurrencyLimit, noCredits, unauthorized } = liveAvatarErrors;

/** Codes that were seen, and the words where no code is known. */
const rules: Vendor['rules'] = [
  {
    codes: [concurrencyLimit.code],
    text: /concurren/i,
    make: (c, said) =>
      retryable(
        'concurrency-limit',
        c,
        `The LiveAvatar account has no free session (${said}): stop one, or wait until one ends`,
      ),
  },
  {
    codes: [noCredits.code],
    text: /\b(insufficient|no) credits\b/i,
    make: (c, said) =>
      terminal(
        'no-credits',
        c,
        `LiveAvatar could not ${c.what} (${said}): the account's credits are used up`,
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
          ? `LiveAvatar refused the API key (${said}): set LIVEAVATAR_API_KEY to a valid one; HeyGen's don't work`
          : `LiveAvatar refused the session token (${said}): each token is for one session, and expires`,
      ),
  },
  {
    statuses: [429],
    text: /rate limit|too many requests/i,
    make: (c, said) =>
      retryable('rate-limited', c, `LiveAvatar could not ${c.what} (${said}): too many requests`),
  },
  {
    text: /\bsession\b.*\b(not found|closed|expired|ended|does(n't| not) exist|already stopped)/i,
    make: (c, said) =>
      terminal('session-closed', c, `LiveAvatar could not ${c.what} (${said}): the session is gone`),
  },
  {
    text: /\bavatar\b.*\b(not (found|supported|allowed)|does(n't| not) exist|expired)/i,
    make: (c, said) =>
      terminal(
        'unknown-avatar',
        c,
        `LiveAvatar could not ${c.what} (${said}): choose an avatar that this account may use`,
      ),
  },
  {
    statuses: [403],
    make: (c, said) => terminal('forbidden', c, `LiveAvatar does not let this account ${c.what} (${said})`),
  },
  {
    statuses: [408],
    make: (c, said) => retryable('unavailable', c, `LiveAvatar could not ${c.what} (${said})`, true),
  },
];

export const liveAvatar: Vendor = {
  name: 'LiveAvatar',
  defaultUrl: 'https://api.liveavatar.com',
  urlVariable: 'LIVEAVATAR_BASE_URL',
  keyVariable: 'LIVEAVATAR_API_KEY',
  rules,
};
