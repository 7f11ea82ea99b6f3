import { EventEmitter } from 'node:events';
import type { Relay } from '@avatar-bridge/relay';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createMetrics } from '../metrics.ts';
import { Carriage, type CarriageListeners } from './carriage.ts';
import type { StageAccess } from './stage-access.ts';
import type { VendorLink } from './vendor-link.ts';

class TestRelay extends EventEmitter {
  closedFor: string | undefined;
  close(reason: string): Promise<void> {
    this.closedFor ??= reason;
    return Promise.resolve();
  }
}

const nothing = () => {};
const listeners: CarriageListeners = {
  event: nothing,
  voice: nothing,
  stageData: nothing,
  stageAway: nothing,
  unseen: nothing,
  sourceLost: nothing,
  stageLost: nothing,
};

async function carried() {
  const relay = new TestRelay();
  const parts = {
    sessionId: 'ses_test' as const,
    room: 'room',
    mediaRelay: { start: () => Promise.resolve(relay as unknown as Relay) } as never,
    stage: { admit: () => Promise.resolve({ url: '', token: '' }) } as unknown as StageAccess,
    metrics: createMetrics(),
    logger: pino({ enabled: false }),
  };
  const link = { session: { media: { kind: 'room' } } } as unknown as VendorLink;
  const carriage = await Carriage.start(link, parts, listeners, AbortSignal.timeout(1_000));
  return { relay, carriage };
}

test.each([
  ['its host died', 'restarting', { reason: 'host-died' }],
  ['its connection to the stage broke', 'reconnecting', { side: 'stage', reason: 'signal-lost' }],
])('a relay that yields leaves rather than come back when %s', async (_, event, fact) => {
  const { relay, carriage } = await carried();
  relay.emit(event, fact);
  expect(relay.closedFor).toBeUndefined();
  carriage.yield();
  relay.emit(event, fact);
  expect(relay.closedFor).toBe('another relay comes in its place');
  expect(carriage.onStage).toBe(false);
});
