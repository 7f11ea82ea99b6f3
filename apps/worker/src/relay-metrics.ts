import type { EngineName, HostedMediaRelay, Relay, RelayStats } from '@avatar-bridge/relay';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { type Growth, kinds, RelayGrowth, type TrackCounter, trackCounters } from './relay-growth.ts';

/** ms between looks at the stats of each relay. */
export const lookInterval = 10_000;

const names: Record<TrackCounter, { name: string; help: string }> = {
  packets: { name: 'packets', help: 'Packets sent to stages, without repeats' },
  bytes: { name: 'bytes', help: 'Bytes sent to stages, with RTP headers, without repeats' },
  lost: { name: 'lost', help: "Packets from the vendor that didn't come, or not in time" },
  repaired: { name: 'repaired', help: 'Packets from the vendor that came because they were asked for' },
  nacksSent: { name: 'nacks_sent', help: 'Packets that the vendor was asked to send again' },
  nacksReceived: { name: 'nacks_received', help: 'Packets that stages asked for again' },
  resent: { name: 'resent', help: 'Packets that were sent to stages again' },
  plisSent: { name: 'plis_sent', help: 'Key frames that the vendor was asked for' },
  plisReceived: { name: 'plis_received', help: 'Key frames that stages asked for' },
  keyFrames: { name: 'key_frames', help: 'Key frames sent to stages' },
  switches: { name: 'switches', help: 'Times that another source or stream took over' },
  stageLost: { name: 'stage_lost', help: "Packets that stages' servers say they didn't get" },
};

/** Closest around where viewers notice: a voice that is 45 ms early or 125 ms late (ITU-R BT.1359). */
const skewBuckets = [-0.25, -0.125, -0.08, -0.045, -0.02, 0, 0.02, 0.045, 0.08, 0.125, 0.25];

type Watched = {
  relay: Relay;
  growth: RelayGrowth;
  seen: (stats: RelayStats, growth: Growth) => void;
  looking: boolean;
};

/**
 * What a worker tells Prometheus of its relays: sums over all of them, as of the last look at each. `hosts` are the relay hosts that run.
 */
export function createRelayMetrics(registry: Registry, hosts: () => HostedMediaRelay['hosts']) {
  const registers = [registry];
  const watched = new Set<Watched>();
  let timer: NodeJS.Timeout | undefined;

  const started = new Counter({
    name: 'avatar_bridge_relays_started_total',
    help: 'Avatars put on the stage, by the engine that carries them and why it is that one',
    labelNames: ['engine', 'reason'],
    registers,
  });
  const restarts = new Counter({
    name: 'avatar_bridge_relay_restarts_total',
    help: 'Relays that another relay host had to take over',
    labelNames: ['reason'],
    registers,
  });
  const perEngine = (name: string, help: string, count: () => EngineName[]) =>
    new Gauge({
      name: `avatar_bridge_${name}`,
      help,
      labelNames: ['engine'],
      registers,
      collect() {
        this.reset();
        for (const engine of count()) this.inc({ engine });
      },
    });
  perEngine('relays', 'Relays that run, by engine', () => [...watched].map(({ relay }) => relay.engine));
  perEngine('relay_hosts', 'Relay hosts that run, by engine', () => hosts().map(({ engine }) => engine));

  const counter = <T extends string>(name: string, help: string, labelNames: T[]) =>
    new Counter({ name: `avatar_bridge_relay_${name}_total`, help, labelNames, registers });
  const counters = trackCounters.map((key) => ({
    key,
    counter: counter(names[key].name, names[key].help, ['kind']),
  }));
  const dropped = counter('dropped', 'Packets that were not passed on', ['kind', 'reason']);
  const histogram = <T extends string>(name: string, help: string, labelNames: T[], buckets: number[]) =>
    new Histogram({
      name: `avatar_bridge_relay_${name}`,
      help: `${help}, of each relay at each look`,
      labelNames,
      buckets,
      registers,
    });
  const jitter = histogram(
    'jitter_seconds',
    "Jitter of the vendor's packets",
    ['kind'],
    [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5],
  );
  const addedLatency = histogram(
    'added_latency_seconds',
    'From the arrival of a packet in its relay host to its departure, 99th percentile',
    ['kind'],
    [0.0001, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1],
  );
  const framesPerSecond = histogram(
    'frames_per_second',
    'Frames per second sent to the stage',
    [],
    [0, 5, 10, 15, 20, 24, 28, 31, 62],
  );
  const skew = histogram(
    'skew_seconds',
    'How much later than the picture the voice is sent to the stage',
    ['engine'],
    skewBuckets,
  );

  const count = (stats: RelayStats, growth: Growth): void => {
    if (stats.skew !== undefined) skew.observe({ engine: stats.engine }, stats.skew / 1_000);
    for (const kind of kinds) {
      const [track, grown] = [stats[kind], growth[kind]];
      if (track === undefined || grown === undefined) continue;
      for (const { key, counter: total } of counters) total.inc({ kind }, grown[key]);
      for (const [reason, packets] of Object.entries(grown.dropped)) dropped.inc({ kind, reason }, packets);
      if (grown.packets > 0) jitter.observe({ kind }, track.jitter / 1_000);
      if (track.addedLatency !== undefined) addedLatency.observe({ kind }, track.addedLatency.p99 / 1_000);
      // While nobody watches, the vendor sends no picture.
      if (kind === 'video' && !track.muted && stats.watched !== false)
        framesPerSecond.observe(track.framesPerSecond);
    }
  };

  const look = async (one: Watched): Promise<void> => {
    if (one.looking) return;
    one.looking = true;
    try {
      const stats = await one.relay.stats();
      const growth = one.growth.since(stats);
      count(stats, growth);
      one.seen(stats, growth);
    } catch {
      // A relay that ends or restarts meanwhile is looked at no more, or the next time.
    } finally {
      one.looking = false;
    }
  };

  return {
    started: (engine: string, reason: string) => started.inc({ engine, reason }),
    restarting: (reason: string) => restarts.inc({ reason }),
    /**
     * Looks at a relay every `lookInterval` from now on; `seen` is told. The function that is returned has a last look, which is counted
     * if the relay is closed after the call, and ends it.
     */
    watch(relay: Relay, seen: Watched['seen'] = () => {}): () => void {
      const one: Watched = { relay, growth: new RelayGrowth(), seen, looking: false };
      watched.add(one);
      timer ??= setInterval(() => {
        for (const each of watched) void look(each);
      }, lookInterval).unref();
      return () => {
        if (!watched.delete(one)) return;
        void look(one);
        if (watched.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
  };
}
