import type { MessageState } from '@avatar-bridge/contracts';
import type { HostedMediaRelay } from '@avatar-bridge/relay';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { createPoolMetrics } from './pool/pool-metrics.ts';
import { createRelayMetrics } from './relay-metrics.ts';
import type { State } from './session/state.ts';

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

const circuitStates = { closed: 0, probing: 1, open: 2 };

/**
 * What a worker tells Prometheus. Each worker has a registry of its own. `relayHosts`: those that run now.
 */
export function createMetrics({
  relayHosts = () => [],
}: { relayHosts?: () => HostedMediaRelay['hosts'] } = {}) {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const sessions = new Gauge({
    name: 'avatar_bridge_sessions',
    help: 'Sessions this worker holds the lease of, by what it does about them',
    labelNames: ['state'],
    registers,
  });
  const messages = new Counter({
    name: 'avatar_bridge_messages_total',
    help: 'Messages that reached their last state',
    labelNames: ['outcome'],
    registers,
  });
  const histogram = (name: string, help: string) =>
    new Histogram({ name, help, buckets: seconds, registers });
  const waited = histogram(
    'avatar_bridge_message_waited_seconds',
    'From a message being accepted to the vendor having its first utterance',
  );
  const vendor = histogram(
    'avatar_bridge_message_vendor_seconds',
    'From the vendor having the first utterance to the first word',
  );
  const firstFrame = histogram(
    'avatar_bridge_message_first_frame_seconds',
    'From a message being accepted to its first word on the stage',
  );
  const vendorCalls = new Histogram({
    name: 'avatar_bridge_vendor_call_seconds',
    help: 'Calls to the vendor, by what was called and how it ended',
    labelNames: ['call', 'outcome'],
    buckets: seconds,
    registers,
  });
  const vendorSessionsLost = new Counter({
    name: 'avatar_bridge_vendor_sessions_lost_total',
    help: 'Vendor sessions that could not be opened or were lost, by reason',
    labelNames: ['code'],
    registers,
  });
  const stageLosses = new Counter({
    name: 'avatar_bridge_stage_lost_total',
    help: 'How often an avatar was no longer on its stage while its vendor session lived, by reason',
    labelNames: ['reason'],
    registers,
  });
  const stageMutes = new Counter({
    name: 'avatar_bridge_stage_muted_total',
    help: "How often moderators muted an avatar's picture or voice on its stage",
    labelNames: ['kind'],
    registers,
  });
  const circuits = new Gauge({
    name: 'avatar_bridge_vendor_circuit_state',
    help: 'Whether the vendor works (0), is being probed (1) or is out of order and not asked (2)',
    labelNames: ['provider'],
    registers,
  });
  const credits = new Gauge({
    name: 'avatar_bridge_vendor_credits',
    help: 'What the vendor account has left, when it last said so',
    labelNames: ['provider'],
    registers,
  });
  const reaped = new Counter({
    name: 'avatar_bridge_vendor_sessions_reaped_total',
    help: 'Vendor sessions stopped because nobody needed them',
    registers,
  });

  const unknown = new Gauge({
    name: 'avatar_bridge_vendor_sessions_unknown',
    help: 'Vendor sessions that the vendor lists and nobody wrote down',
    labelNames: ['provider'],
    registers,
  });

  return {
    text: () => registry.metrics(),
    contentType: registry.contentType,
    /** Called with what a session was and is; undefined when it is not this worker's yet, or no more. */
    sessionChanged(from: State['name'] | undefined, to: State['name'] | undefined): void {
      if (from !== undefined) sessions.dec({ state: from });
      if (to !== undefined) sessions.inc({ state: to });
    },
    messageFinished: (outcome: MessageState) => messages.inc({ outcome }),
    waited: (ms: number) => waited.observe(ms / 1_000),
    vendor: (ms: number) => vendor.observe(ms / 1_000),
    firstFrame: (ms: number) => firstFrame.observe(ms / 1_000),
    vendorSessionLost: (code: string) => vendorSessionsLost.inc({ code }),
    pool: createPoolMetrics(registry),
    relays: createRelayMetrics(registry, relayHosts),
    vendorCredits: (provider: string, remaining: number) => credits.set({ provider }, remaining),
    stageLost: (reason: string) => stageLosses.inc({ reason }),
    stageMuted: (kind: 'audio' | 'video') => stageMutes.inc({ kind }),
    vendorCircuit: (provider: string, state: keyof typeof circuitStates) =>
      circuits.set({ provider }, circuitStates[state]),
    vendorSessionsUnknown: (provider: string, count: number) => unknown.set({ provider }, count),
    vendorSessionReaped: () => reaped.inc(),
    /** Times a call; the outcome is `ok` or the error's code. */
    async vendorCall<T>(call: string, run: () => Promise<T>): Promise<T> {
      const started = performance.now();
      let outcome = 'ok';
      try {
        return await run();
      } catch (error) {
        outcome = error instanceof Error && 'code' in error ? String(error.code) : 'error';
        throw error;
      } finally {
        vendorCalls.observe({ call, outcome }, (performance.now() - started) / 1_000);
      }
    },
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
