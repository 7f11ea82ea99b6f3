import type { Usage } from '@avatar-bridge/contracts';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export type ListenerKind = 'sse' | 'websocket';

/** The gateway's numbers, in a registry of their own. No label takes a value from a caller. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests = new Counter({
    name: 'bridge_gateway_requests_total',
    help: 'Requests answered, by route and status',
    labelNames: ['method', 'route', 'status'],
    registers: [this.#registry],
  });
  readonly #duration = new Histogram({
    name: 'bridge_gateway_request_duration_seconds',
    help: 'From a request’s head to its answer’s head',
    labelNames: ['method', 'route'],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [this.#registry],
  });
  readonly #listeners = new Gauge({
    name: 'bridge_gateway_open_listeners',
    help: 'Open event streams (SSE) and WebSockets',
    labelNames: ['kind'],
    registers: [this.#registry],
  });
  readonly #eventsSent = new Counter({
    name: 'bridge_gateway_events_sent_total',
    help: 'Events sent to listeners',
    labelNames: ['kind'],
    registers: [this.#registry],
  });
  readonly #slowReaders = new Counter({
    name: 'bridge_gateway_slow_readers_total',
    help: 'Listeners that were disconnected because they read too slowly',
    labelNames: ['kind'],
    registers: [this.#registry],
  });
  readonly #accepted = new Counter({
    name: 'bridge_gateway_messages_accepted_total',
    help: 'Messages put into a mailbox',
    registers: [this.#registry],
  });
  readonly #rejected = new Counter({
    name: 'bridge_gateway_messages_rejected_total',
    help: 'Messages refused, by the code of the problem',
    labelNames: ['reason'],
    registers: [this.#registry],
  });

  readonly #billable = new Gauge({
    name: 'bridge_billable_seconds',
    help: 'How long all vendor sessions of the account have been open, together',
    registers: [this.#registry],
  });

  readonly #billableByKey = new Gauge({
    name: 'bridge_billable_seconds_by_key',
    help: "How long vendor sessions of each API key's sessions have been open, together",
    labelNames: ['key'],
    registers: [this.#registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  /** @param took ms. */
  request(method: string, route: string, status: number, took: number): void {
    this.#requests.inc({ method, route, status });
    this.#duration.observe({ method, route }, took / 1000);
  }

  listenerOpened(kind: ListenerKind): void {
    this.#listeners.inc({ kind });
  }

  listenerClosed(kind: ListenerKind): void {
    this.#listeners.dec({ kind });
  }

  eventSent(kind: ListenerKind): void {
    this.#eventsSent.inc({ kind });
  }

  slowReader(kind: ListenerKind): void {
    this.#slowReaders.inc({ kind });
  }

  messageAccepted(): void {
    this.#accepted.inc();
  }

  messageRejected(reason: string): void {
    this.#rejected.inc({ reason });
  }

  usage({ billableSeconds, keys }: Usage): void {
    this.#billable.set(billableSeconds);
    for (const one of keys) this.#billableByKey.set({ key: one.key }, one.billableSeconds);
  }

  readonly contentType = this.#registry.contentType;

  /** All of them, in Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
