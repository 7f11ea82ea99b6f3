import type { SessionProvider } from '@avatar-bridge/contracts';
import type { OwnedSession, SlotAccount } from '@avatar-bridge/session-store';
import { describe, expect, test } from 'vitest';
import type { AvatarProvider } from '../providers/avatar-provider.ts';
import { Providers } from '../providers/providers.ts';
import { ProviderSelection, type ProviderSelectionParts } from './provider-selection.ts';

const accounts: SlotAccount[] = [
  { id: 'heygen@eu', slots: 1, providers: ['heygen@eu'] },
  { id: 'liveavatar@us', slots: 1, providers: ['liveavatar-full@us', 'liveavatar-lite@us'] },
  { id: 'heygen@us', slots: 1, providers: ['heygen@us'] },
];
const names = [...accounts.flatMap(({ providers }) => providers), 'voice-only'];
const providers = new Providers(
  names.map((name) => ({ name }) as AvatarProvider),
  names,
  accounts,
);
const down = { kind: 'refused', code: 'no-credits', reason: 'No credits' } as const;

function selectionOf(list: SessionProvider[] | undefined, full: string[]) {
  const asked: string[] = [];
  const changes: unknown[] = [];
  const owned = {
    record: { ...(list && { providers: list }) },
    reserveInAccount: ({ id }: SlotAccount) => {
      asked.push(id);
      return Promise.resolve(!full.includes(id));
    },
  } as unknown as ProviderSelectionParts['owned'];
  const setProviders = (_: unknown, event?: object) => Promise.resolve(void (event && changes.push(event)));
  const journal: ProviderSelectionParts['journal'] = {
    write: (write) => void write({ setProviders } as unknown as OwnedSession),
  };
  const rules = { slotWaitMs: 20_000, maxFailures: 3 };
  return { selection: new ProviderSelection({ owned, providers, rules, journal }), asked, changes, full };
}

describe('a session', () => {
  test('takes the first account in order that has a slot, and asks each once', async () => {
    const { selection, asked, changes } = selectionOf(undefined, ['heygen@eu', 'liveavatar@us']);
    expect(await selection.takeSlot(0)).toBe(true);
    expect(selection.name).toBe('heygen@us');
    expect(asked).toEqual(['heygen@eu', 'liveavatar@us', 'heygen@us']);
    expect(changes).toEqual([
      {
        type: 'provider.changed',
        from: 'heygen@eu',
        to: 'heygen@us',
        reason: 'No slot is free in heygen@eu, liveavatar@us',
      },
    ]);
  });

  test('that names a vendor takes any of its accounts', async () => {
    const { selection } = selectionOf([{ name: 'heygen', avatarId: 'anna' }], ['heygen@eu']);
    expect(await selection.takeSlot(0)).toBe(true);
    expect(selection.name).toBe('heygen@us');
  });

  test('keeps the account that it has, and comes back to one before it rather than wait', async () => {
    const { selection, full } = selectionOf([{ name: 'heygen' }], ['heygen@eu']);
    await selection.takeSlot(0);
    full.length = 0;
    await selection.takeSlot(0);
    expect(selection.name).toBe('heygen@us');
    full.push('heygen@us');
    await selection.takeSlot(0);
    expect(selection.name).toBe('heygen@eu');
  });

  test('does not come back to a provider that refused it', async () => {
    const { selection, full } = selectionOf([{ name: 'heygen' }], []);
    selection.failed(down, 0, { stable: false });
    expect(selection.name).toBe('heygen@us');
    full.push('heygen@us');
    await expect(selection.takeSlot(0)).rejects.toMatchObject({ code: 'no-slot' });
  });

  test('waits while no account has a slot, then goes on with what needs none', async () => {
    const { selection } = selectionOf(
      undefined,
      accounts.map(({ id }) => id),
    );
    await expect(selection.takeSlot(1_000)).rejects.toThrow(
      'No slot is free in heygen@eu, liveavatar@us, heygen@us',
    );
    await expect(selection.takeSlot(20_000)).rejects.toMatchObject({ code: 'no-slot' });
    expect(await selection.takeSlot(21_000)).toBe(false);
    expect(selection.name).toBe('voice-only');
  });

  test('asks for nothing where accounts have no slots of their own', async () => {
    const { selection, asked } = selectionOf([{ name: 'voice-only' }], []);
    expect(await selection.takeSlot(0)).toBe(false);
    expect(await selection.takeSlotBeside()).toBe(true);
    expect(asked).toEqual([]);
  });
});
