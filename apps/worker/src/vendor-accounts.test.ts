import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readConfig } from './config.ts';

const stage = {
  LIVEKIT_URL: 'ws://127.0.0.1:7880',
  LIVEKIT_API_KEY: 'key',
  LIVEKIT_API_SECRET: 'secret',
};
const keys = { KEY_EU: 'secret-eu', KEY_US: 'secret-us' };
const eu = { name: 'eu', vendor: 'liveavatar', keyVariable: 'KEY_EU', slots: 5 };
const us = { name: 'us', vendor: 'heygen', keyVariable: 'KEY_US', slots: 2, baseUrl: 'https://us.example' };

const read = (accounts: unknown, env: Record<string, string> = {}) =>
  readConfig({ ...stage, ...keys, BRIDGE_VENDOR_ACCOUNTS: JSON.stringify(accounts), ...env }).config;

describe('vendor accounts', () => {
  test('are listed with their keys, and their slots add up', () => {
    const config = read([eu, us], { BRIDGE_SLOTS: '100' });
    expect(config.vendorAccounts).toEqual([
      {
        name: 'eu',
        vendor: 'liveavatar',
        slots: 5,
        apiKey: 'secret-eu',
        baseUrl: 'https://api.liveavatar.com',
      },
      { name: 'us', vendor: 'heygen', slots: 2, apiKey: 'secret-us', baseUrl: 'https://us.example' },
    ]);
    expect(config.BRIDGE_SLOTS).toBe(7);
  });

  test('are read from a file, too', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'accounts-')), 'accounts.json');
    writeFileSync(path, JSON.stringify([us]));
    const { config } = readConfig({ ...stage, ...keys, BRIDGE_VENDOR_ACCOUNTS_FILE: path });
    expect(config.vendorAccounts).toMatchObject([{ name: 'us', slots: 2 }]);
    expect(() => readConfig({ ...stage, BRIDGE_VENDOR_ACCOUNTS_FILE: '/nowhere' })).toThrow(
      "BRIDGE_VENDOR_ACCOUNTS_FILE: can't be read (ENOENT)",
    );
  });

  test('are, without a list, those of the single keys, which share BRIDGE_SLOTS', () => {
    const single = { LIVEAVATAR_API_KEY: 'la', HEYGEN_API_KEY: 'hg', BRIDGE_SLOTS: '9' };
    const { config } = readConfig({ ...stage, ...single });
    expect(config.vendorAccounts).toEqual([
      { vendor: 'liveavatar', apiKey: 'la', baseUrl: 'https://api.liveavatar.com' },
      { vendor: 'heygen', apiKey: 'hg', baseUrl: 'https://api.heygen.com' },
    ]);
    expect(config.BRIDGE_SLOTS).toBe(9);
  });

  test.each([
    ['{"a":', /BRIDGE_VENDOR_ACCOUNTS: must be JSON/],
    ['{}', /BRIDGE_VENDOR_ACCOUNTS: must be a list/],
    ['[]', /BRIDGE_VENDOR_ACCOUNTS: is empty/],
    [JSON.stringify([eu, { ...eu, slots: 1 }]), /must not list an account twice/],
    [JSON.stringify([{ ...eu, slots: 0 }]), /BRIDGE_VENDOR_ACCOUNTS.0.slots: must be at least 1/],
    [JSON.stringify([{ ...eu, vendor: 'tavus' }]), /0.vendor: must be liveavatar or heygen/],
    [
      JSON.stringify([{ ...eu, keyVariable: 'sk-123' }]),
      /0.keyVariable: must be the name of a variable, not a key/,
    ],
    [JSON.stringify([{ ...eu, keyVariable: 'KEY_ASIA' }]), /KEY_ASIA: is needed, the key of liveavatar@eu/],
  ])('%s is rejected, without its values', (text, message) => {
    const config = () => readConfig({ ...stage, ...keys, BRIDGE_VENDOR_ACCOUNTS: text });
    expect(config).toThrow(message);
    expect(config).not.toThrow(/sk-123|secret-/);
  });

  test.each(['liveavatar-full, heygen, voice-only', 'heygen@us'])(
    'serve BRIDGE_PROVIDERS=%s',
    (providers) => {
      expect(() => read([eu, us], { BRIDGE_PROVIDERS: providers })).not.toThrow();
    },
  );

  test.each([
    ['heygen@eu', /BRIDGE_VENDOR_ACCOUNTS: lacks an account for heygen@eu/],
    ['tavus@eu', /BRIDGE_PROVIDERS.*: must be a list of/],
  ])('cannot serve BRIDGE_PROVIDERS=%s', (providers, message) => {
    expect(() => read([eu, us], { BRIDGE_PROVIDERS: providers })).toThrow(message);
  });
});
