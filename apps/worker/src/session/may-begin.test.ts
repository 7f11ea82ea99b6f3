import type { Session, SessionState } from '@avatar-bridge/contracts';
import { type SlotAccount, UnknownSessionError } from '@avatar-bridge/session-store';
import { expect, test } from 'vitest';
import type { AvatarProvider } from '../providers/avatar-provider.ts';
import { Providers } from '../providers/providers.ts';
import { mayBegin } from './may-begin.ts';

const id = `ses_${'0'.repeat(32)}`;
const names = ['heygen@eu', 'heygen@us', 'voice-only'];
const made = names.map((name) => ({ name }) as AvatarProvider);
const accounts = ['heygen@eu', 'heygen@us'].map((name) => ({ id: name, slots: 1, providers: [name] }));
const providers = new Providers(made, ['heygen@eu', 'heygen@us'], accounts);

function storeOf(session: { state: SessionState; providers?: string[] } | undefined, free: string[]) {
  const asked: string[] = [];
  return {
    asked,
    async getSession() {
      if (!session) throw new UnknownSessionError(id);
      const { state, providers: named } = session;
      return { state, ...(named && { providers: named.map((name) => ({ name })) }) } as Session;
    },
    async reserveInAccount(_: string, account: SlotAccount) {
      asked.push(account.id);
      return free.includes(account.id);
    },
  };
}

test.each<[string, Parameters<typeof storeOf>, boolean, string[]]>([
  ['one of its accounts has a slot', [{ state: 'queued' }, ['heygen@us']], true, ['heygen@eu', 'heygen@us']],
  ['none has', [{ state: 'queued' }, []], false, ['heygen@eu', 'heygen@us']],
  [
    'the one that it names has none',
    [{ state: 'queued', providers: ['heygen@eu'] }, ['heygen@us']],
    false,
    ['heygen@eu'],
  ],
  ['it was parked', [{ state: 'parked', providers: ['heygen@eu'] }, []], false, ['heygen@eu']],
  ['it needs none', [{ state: 'queued', providers: ['voice-only'] }, []], true, []],
  ['it has begun', [{ state: 'recovering' }, []], true, []],
  ['it is forgotten', [undefined, []], true, []],
])('a session may begin or not: %s', async (_, [session, free], may, asked) => {
  const store = storeOf(session, free);
  expect(await mayBegin(id, { providers, store })).toBe(may);
  expect(store.asked).toEqual(asked);
});

test('nobody is asked where accounts have no slots of their own', async () => {
  const store = storeOf({ state: 'queued' }, []);
  expect(await mayBegin(id, { providers: new Providers(made), store })).toBe(true);
  expect(store.asked).toEqual([]);
});
