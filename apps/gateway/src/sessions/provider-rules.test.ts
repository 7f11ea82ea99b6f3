import { type OfferedProviders, SessionRequest } from '@avatar-bridge/contracts';
import { describe, expect, test } from 'vitest';
import { providerFaults, talkFault } from './provider-rules.ts';

const avatarId = '0d5ecb1f-6f3f-4d07-8b58-4cbd1a2c6f31';
const heygen = {
  name: 'heygen',
  modes: ['repeat' as const, 'talk' as const],
  talkNeedsKnowledge: false,
  uuidAvatars: false,
  defaultAvatar: true,
};
const full = {
  ...heygen,
  name: 'liveavatar-full',
  talkNeedsKnowledge: true,
  uuidAvatars: true,
  defaultAvatar: false,
};
const voice = { ...heygen, name: 'voice-only', modes: ['repeat' as const] };
const both: OfferedProviders = { offered: [full, heygen], order: ['liveavatar-full', 'heygen'] };
const accounts: OfferedProviders = {
  offered: [
    { ...full, name: 'liveavatar-full@eu' },
    { ...full, name: 'liveavatar-full@us', defaultAvatar: true },
    { ...heygen, name: 'heygen@eu' },
    { ...heygen, name: 'heygen@us' },
  ],
  order: ['liveavatar-full@us', 'heygen@eu', 'heygen@us'],
};

describe('the providers of a request', () => {
  test.each<[string, object, OfferedProviders, string[]]>([
    ['accepts the usual ones', {}, both, []],
    ['accepts one by name', { provider: 'heygen' }, both, []],
    [
      'accepts several, with an avatar of their own',
      { providers: [{ name: 'liveavatar-full', avatarId }, 'heygen'] },
      both,
      [],
    ],
    ['accepts a vendor with several accounts', { provider: 'heygen' }, accounts, []],
    ['accepts one of its accounts', { providers: ['heygen@us', 'heygen@eu'] }, accounts, []],
    ['accepts it when one of them can do it', { provider: 'liveavatar-full' }, accounts, []],
    ['rejects an account that no worker has', { provider: 'heygen@asia' }, accounts, ['provider']],
    ['rejects an unknown provider', { provider: 'acme' }, both, ['provider']],
    [
      'rejects a provider whose key no worker has',
      { providers: ['heygen', 'liveavatar-lite'] },
      both,
      ['providers.1'],
    ],
    [
      'rejects an avatar id that is no UUID',
      { provider: 'liveavatar-full', avatar: { id: 'Wayne' } },
      both,
      ['avatar.id'],
    ],
    [
      "rejects a provider's own avatar id that is no UUID",
      { providers: [{ name: 'liveavatar-full', avatarId: 'Wayne' }] },
      both,
      ['providers.0.avatarId'],
    ],
    ['rejects the default avatar where there is none', { provider: 'liveavatar-full' }, both, ['avatar.id']],
    ['accepts the usual ones when at least one takes the avatar', { avatar: { id: 'Wayne' } }, both, []],
    [
      'rejects what none of the usual ones takes',
      { avatar: { id: 'Wayne' } },
      { offered: [full], order: [full.name] },
      ['avatar.id'],
    ],
  ])('%s', (_, request, offers, fields) => {
    expect(providerFaults(SessionRequest.parse(request), offers).map(({ field }) => field)).toEqual(fields);
  });

  test('the rule says which variable gives a worker the provider', () => {
    const [fault] = providerFaults(SessionRequest.parse({ provider: 'liveavatar-lite' }), both);
    expect(fault?.rule).toContain('set LIVEAVATAR_API_KEY at the workers');
  });
});

describe('talk', () => {
  const { avatar } = SessionRequest.parse({});
  test.each<[string, object, OfferedProviders, boolean]>([
    ['is accepted where a provider can answer', { avatar }, both, true],
    [
      'is rejected where no provider can',
      { avatar, providers: [{ name: 'voice-only' }] },
      { ...both, offered: [voice, full] },
      false,
    ],
    [
      'is rejected without knowledge where it is needed',
      { avatar, providers: [{ name: full.name }] },
      both,
      false,
    ],
    [
      'is accepted with it',
      { avatar: { ...avatar, knowledgeBase: 'Be nice.' }, providers: [{ name: full.name }] },
      both,
      true,
    ],
  ])('%s', (_, session, offers, accepted) => {
    expect(talkFault(session as Parameters<typeof talkFault>[0], offers) === undefined).toBe(accepted);
  });
});
