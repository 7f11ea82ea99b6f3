import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { pino } from 'pino';
import { AvatarSettings } from '@avatar-bridge/contracts';
import type { OwnedSession } from '@avatar-bridge/session-store';
import { createMetrics } from '../src/metrics.ts';
import { Sweep } from '../src/sweep.ts';
import { UnknownVendorSessions } from '../src/unknown-vendor-sessions.ts';
import { Providers } from '../src/providers/providers.ts';
import { Rig, sentence } from './support/rig.ts';
import { WorkerProcess } from './support/worker-process.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.open();
});
afterAll(() => rig[Symbol.asyncDispose]());

const sweep = () =>
  new Sweep({
    store: rig.workerStore,
    providers: new Providers([rig.provider()]),
    name: 'sweeper',
    metrics: createMetrics(),
    logger: pino({ enabled: false }),
    slots: 20,
  });
describe('a worker whose session was claimed by another', () => {
  it('leaves the vendor session and the room to it, writes nothing more and keeps its hands off', async () => {
    const worker = rig.startWorker();
    const conversation = await rig.liveSession();
    await conversation.say(
      'This sentence is said to its end although somebody else owns the session from now on, as everybody can hear.',
    );
    await conversation.until('message.speaking');
    const usurper = await rig.store.claim(conversation.id, { epoch: 1_000, worker: 'usurper' });
    await vi.waitUntil(() => worker.sessions === 0, { timeout: 10_000 });
    const last = (await conversation.events()).at(-1)!;
    // A second call waits for nobody.
    void worker.drain();
    await worker.drain();
    expect((await conversation.events()).at(-1)).toEqual(last);
    expect((await conversation.vendorSessions()).map(({ state }) => state)).toEqual(['connected']);
    await usurper.end({ outcome: 'stopped', code: 'stopped', message: 'The test is done' });
    expect((await sweep().once()).map(({ sessionId }) => sessionId)).toContain(conversation.id);
  });
});

describe('a worker that is drained while a vendor does not answer to a stop', () => {
  it('waits until its deadline, and leaves the rest to the sweep of another one', async () => {
    const drainDeadline = 3_000;
    const worker = rig.startWorker({ drainDeadline });
    const conversation = await rig.liveSession();
    await rig.fault({ kind: 'hang', path: '/v1/streaming.stop', times: 'always' });
    await conversation.stop();
    await conversation.until('session.ended');
    await vi.waitUntil(() => worker.sessions === 0, { timeout: 5_000 });
    const at = performance.now();
    await worker.drain();
    const tookMs = performance.now() - at;
    expect(tookMs).toBeGreaterThan(drainDeadline - 100);
    expect(tookMs).toBeLessThan(drainDeadline + 1_000);
    expect((await conversation.vendorSessions()).map(({ state }) => state)).toEqual(['connected']);
    await rig.clearFaults();
    expect((await sweep().once()).map(({ sessionId }) => sessionId)).toEqual([conversation.id]);
    expect((await conversation.vendorSessions()).map(({ state }) => state)).toEqual(['closed']);
  });
});

describe('the sweep', () => {
  const open = (recordRef: () => Promise<void>) =>
    rig.provider().open({
      sessionId: 'ses_test',
      avatar: AvatarSettings.parse({ quality: 'low' }),
      seatAvatar: () => Promise.reject(new Error('not needed')),
      recordRef,
      onEvent: () => {},
      signal: AbortSignal.timeout(10_000),
    });

  it('stops vendor sessions whose session has ended', async () => {
    const { id } = await rig.session();
    const owned = await rig.store.claim(id, { epoch: 1, worker: 'forgetful' });
    const session = await open(() => Promise.resolve());
    await owned.openVendorSession(session.ref);
    await owned.end({ outcome: 'failed', code: 'test', message: 'Its worker forgot the vendor session' });
    expect((await sweep().once()).map((entry) => entry.id)).toContain(session.ref.id);
    expect(await rig.openVendorSessions()).toEqual([]);
    expect(await rig.store.vendorSessions()).toEqual([]);
  });

  /** A session that a worker holds the lease of, as long as `work` goes on. */
  const leased = async (work: (owned: OwnedSession) => Promise<void>) => {
    const { id } = await rig.session();
    const done = Promise.withResolvers<void>();
    const holder = rig.store.leases({
      worker: 'holder',
      capacity: 1,
      run: async (lease) => {
        if (lease.sessionId !== id) return 'ended';
        const owned = await rig.store.claim(id, { epoch: lease.epoch, worker: 'holder' });
        await work(owned).then(done.resolve, done.reject);
        return 'ended';
      },
    });
    await done.promise;
    await holder.close();
  };
  const end = { outcome: 'stopped', code: 'stopped', message: 'The test is done' } as const;
  const ids = (entries: readonly { id: string }[]) => entries.map((entry) => entry.id);

  it('leaves those that have an owner, but for what it has given up', () =>
    leased(async (owned) => {
      const [used, stuck] = await Promise.all([open(() => Promise.resolve()), open(() => Promise.resolve())]);
      await owned.openVendorSession(used.ref);
      await owned.openVendorSession(stuck.ref);
      await owned.giveUpVendorSession(stuck.ref);
      const sweeping = sweep();
      expect(await sweeping.once()).toEqual([]);
      expect(ids(await sweeping.once())).toEqual([stuck.ref.id]);
      expect(await sweeping.once()).toEqual([]);
      expect((await rig.openVendorSessions()).map(({ sessionId }) => sessionId)).toEqual([used.ref.id]);
      await owned.end(end);
      expect(ids(await sweeping.once())).toEqual([used.ref.id]);
    }));

  it('gives a new owner time to stop what it inherits, and stops what no owner comes for', async () => {
    const { id } = await rig.session();
    const owned = await rig.store.claim(id, { epoch: 1, worker: 'dead, and no worker has room' });
    const session = await open(() => Promise.resolve());
    await owned.openVendorSession(session.ref);
    const sweeping = sweep();
    expect(await sweeping.once()).toEqual([]);
    const next = await rig.store.claim(id, { epoch: 2, worker: 'dead soon after' });
    expect(await sweeping.once()).toEqual([]);
    await next.openVendorSession(session.ref);
    expect(await sweeping.once()).toEqual([]);
    expect(ids(await sweeping.once())).toEqual([session.ref.id]);
    await next.end(end);
  });

  it('tells of those that the vendor lists and nobody wrote down, and stops them where it may', async () => {
    const providers = new Providers([rig.provider(), rig.full()]);
    const request = {
      sessionId: 'ses_test',
      avatar: AvatarSettings.parse({ quality: 'low' }),
      seatAvatar: () => Promise.reject(new Error('not needed')),
      recordRef: () => Promise.resolve(),
      onEvent: () => {},
      signal: AbortSignal.timeout(10_000),
    };
    const opened = await Promise.all(providers.all.map((provider) => provider.open(request)));
    const lines: { msg: string; vendorSessions?: { id: string }[] }[] = [];
    const logger = pino(
      {},
      { write: (line: string) => lines.push(JSON.parse(line) as (typeof lines)[number]) },
    );
    const metrics = createMetrics();
    const parts = { store: rig.workerStore, providers, metrics, logger };
    const telling = new UnknownVendorSessions(parts);
    for (let look = 1; look <= 3; look++) expect(await telling.once()).toEqual([]); // oxlint-disable-line no-await-in-loop -- in a row
    expect(lines).toHaveLength(1);
    expect(lines[0]?.msg).toContain('BRIDGE_SWEEP_UNKNOWN');
    const unknown = opened.map(({ ref }) => ref.id);
    expect(ids(lines[0]?.vendorSessions ?? [])).toEqual(unknown);
    expect(await metrics.text()).toMatch(/vendor_sessions_unknown\{provider="liveavatar-full"\} 1/);
    const stopping = new UnknownVendorSessions({ ...parts, stopUnknown: true });
    expect(await stopping.once()).toEqual([]);
    expect(ids(await stopping.once())).toEqual(unknown);
    expect(await rig.openVendorSessions()).toEqual([]);
  });
});

describe('twenty sessions', () => {
  it('are spoken to and ended, and leave neither memory nor vendor sessions behind', async () => {
    await using worker = await WorkerProcess.start(rig);
    const round = async (size: number) => {
      const conversations = await Promise.all(Array.from({ length: size }, () => rig.liveSession()));
      for (const conversation of conversations) {
        // oxlint-disable-next-line no-await-in-loop -- one voice at a time is enough for the machine
        expect(await conversation.finished(await conversation.say(sentence(1)))).toEqual(['spoken']);
      }
      await Promise.all(conversations.map((conversation) => conversation.stop()));
      await Promise.all(conversations.map((conversation) => conversation.until('session.ended')));
    };
    const usage = async () => {
      const metrics = await (await worker.get('/metrics')).text();
      const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1]);
      const sessions = [...metrics.matchAll(/^avatar_bridge_sessions\{.*\} (\d+)$/gm)].map((match) =>
        Number(match[1]),
      );
      return {
        heap: value('nodejs_heap_size_used_bytes') / 1e6,
        handles: value('nodejs_active_handles_total'),
        sessions,
      };
    };
    const usageAtRest = () =>
      vi.waitUntil(
        async () => {
          const now = await usage();
          return now.sessions.every((count) => count === 0) && now;
        },
        { timeout: 10_000, interval: 200 },
      );
    await round(4);
    const before = await usageAtRest();
    for (let batch = 0; batch < 4; batch++) await round(4); // oxlint-disable-line no-await-in-loop -- in batches
    const after = await usageAtRest();
    console.log('worker after 4 and after 20 sessions:', before, after);
    expect(after.handles).toBeLessThanOrEqual(before.handles + 2);
    expect(after.heap).toBeLessThan(before.heap + 15);
    expect(await rig.openVendorSessions()).toEqual([]);
    expect(await rig.store.vendorSessions()).toEqual([]);
  }, 120_000);
});
