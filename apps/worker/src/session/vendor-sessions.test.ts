import type { OwnedSession } from '@avatar-bridge/session-store';
import { pino } from 'pino';
import { beforeEach, expect, it, vi } from 'vitest';
import { Background } from '../background.ts';
import { createMetrics } from '../metrics.ts';
import { VendorSessions } from './vendor-sessions.ts';

const ref = { provider: 'heygen', id: 'a', openedAt: 0 };

let written: string[];
let background: Background;
let sessions: VendorSessions;
beforeEach(() => {
  written = [];
  background = new Background();
  const write = (what: string) => () => Promise.resolve(void written.push(what));
  const owned: Pick<OwnedSession, 'openVendorSession' | 'closeVendorSession' | 'giveUpVendorSession'> = {
    openVendorSession: write('opened'),
    closeVendorSession: write('closed'),
    giveUpVendorSession: write('given up'),
  };
  const [metrics, logger] = [createMetrics(), pino({ enabled: false })];
  const times = { patienceMs: 20, pausesMs: [1, 1, 100] };
  sessions = new VendorSessions({ owned, background, metrics, logger }, times);
});
it('strikes out what is stopped', async () => {
  expect(await sessions.stop(ref, 'over', () => Promise.resolve({ wasOpen: true }))).toEqual({
    wasOpen: true,
  });
  expect(written).toEqual(['closed']);
});

it('does not wait for long for a stop that hangs, and goes on with it in the background', async () => {
  const answer = Promise.withResolvers<string>();
  expect(await sessions.stop(ref, 'over', () => answer.promise)).toBeUndefined();
  expect(written).toEqual(['given up']);
  answer.resolve('stopped');
  await background.done();
  expect(written).toEqual(['given up', 'closed']);
});

it('leaves what can not be stopped to the sweep', async () => {
  const refuse = vi.fn<() => Promise<void>>(() => Promise.reject(new Error('not now')));
  expect(await sessions.stop(ref, 'over', refuse)).toBeUndefined();
  expect(refuse).toHaveBeenCalledTimes(3);
  await background.done();
  expect(refuse).toHaveBeenCalledTimes(4);
  expect(written).toEqual(['given up', 'given up']);
});
