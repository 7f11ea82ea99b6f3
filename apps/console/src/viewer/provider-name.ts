const names = new Map([
  ['heygen', 'HeyGen v1'],
  ['liveavatar-full', 'LiveAvatar'],
  ['liveavatar-lite', 'LiveAvatar Lite'],
  ['voice-only', 'Voice only'],
]);

/** What people call a provider; which account it is by is not a viewer's business. */
export const providerName = (provider: string): string => names.get(provider.replace(/@.*$/, '')) ?? provider;
