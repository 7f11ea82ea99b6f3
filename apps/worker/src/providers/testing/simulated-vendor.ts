import { vi } from 'vitest';
import type { VendorEvent } from '../vendor-event.ts';

/** What the simulated vendors take as their key. */
export const apiKey = 'test-key-0123456789abcdef';

/** An order to a simulator's admin API. Rejects with its answer when it is refused. */
export async function order(adminUrl: string, method: string, path: string, body?: object): Promise<void> {
  const response = await fetch(`${adminUrl}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
}

export function utterance(text: string, mode: 'repeat' | 'talk' = 'repeat') {
  return { messageId: 'msg_test', text, mode, signal: AbortSignal.timeout(30_000) };
}

/** Resolves with the first event of a type that fits. */
export async function event<T extends VendorEvent['type']>(
  events: VendorEvent[],
  type: T,
  fits: (event: Extract<VendorEvent, { type: T }>) => boolean = () => true,
): Promise<Extract<VendorEvent, { type: T }>> {
  const isIt = (e: VendorEvent): e is Extract<VendorEvent, { type: T }> =>
    e.type === type && fits(e as Extract<VendorEvent, { type: T }>);
  return vi.waitUntil(() => events.find(isIt), { timeout: 20_000, interval: 10 });
}
