import { describe, expect, it } from 'vitest';
import { dataOf, Double } from '../double.ts';

describe('the concurrency limit', () => {
  it('refuses one session too many with the words of the vendor, and counts unstarted ones', async () => {
    await using double = await Double.start({ limits: { concurrency: 2 } });
    const first = await double.opened();
    await double.connected();
    expect(await double.post('/v1/streaming.new', { version: 'v2' })).toMatchObject({
      status: 400,
      body: {
        message:
          'Concurrent limit reached, please make sure you have closed other testing sessions under the same account',
      },
    });
    await double.post('/v1/streaming.stop', { session_id: first });
    await double.opened();
  });
});

describe('the idle timeout', () => {
  it('ends a session that nobody speaks to, and keep_alive puts that off', async () => {
    await using double = await Double.start({ limits: { idleTimeout: 0.4 } });
    const { id: idle } = await double.connected();
    const { id: kept } = await double.connected();
    const keeping = setInterval(
      () => void double.post('/v1/streaming.keep_alive', { session_id: kept }),
      100,
    );
    const ended = await double.until(idle, (session) => session.state === 'closed');
    clearInterval(keeping);
    expect(ended.closeReason).toBe('idle-timeout');
    expect(ended.closedAt! - ended.connectedAt!).toBeGreaterThanOrEqual(399);
    expect(await double.session(kept)).toMatchObject({ state: 'connected' });
    await double.until(kept, (session) => session.closeReason === 'idle-timeout');
  });

  it('does not count while the avatar speaks', async () => {
    await using double = await Double.start({ limits: { idleTimeout: 0.2 } });
    const { id } = await double.connected();
    expect((await double.task(id, 'x'.repeat(600))).status).toBe(200);
    await double.until(id, (session) => session.closeReason === 'idle-timeout');
  });

  it('can be switched off by the request', async () => {
    await using double = await Double.start({ limits: { idleTimeout: 0.05, sessionDurationLimit: 0.4 } });
    const { id } = await double.connected({ disable_idle_timeout: true });
    const ended = await double.until(id, (session) => session.state === 'closed');
    expect(ended.closeReason).toBe('duration-limit');
  });
});

describe('the duration limit', () => {
  it('is told by streaming.new and ends the session whatever happens', async () => {
    await using double = await Double.start({ limits: { sessionDurationLimit: 0.5 } });
    expect(dataOf(await double.post('/v1/streaming.new', { version: 'v2' }))).toMatchObject({
      session_duration_limit: 0.5,
    });
    const { id } = await double.connected();
    const spoken = await double.task(id, 'x'.repeat(1_000));
    expect(spoken).toMatchObject({ status: 400, body: { code: 400006 } });
    const ended = await double.session(id);
    expect(ended.closeReason).toBe('duration-limit');
    expect(ended.closedAt! - ended.startedAt!).toBeGreaterThanOrEqual(499);
  });
});

describe('a client that never joins', () => {
  it('ends the session, and one that joins keeps it', async () => {
    await using double = await Double.start({ limits: { clientJoinTimeout: 0.3 } });
    const unstarted = await double.opened();
    const { id: alone } = await double.connected();
    const { id: joined, media } = await double.connected();
    media.join('somebody');
    media.join('client');
    await double.until(unstarted, (session) => session.closeReason === 'no-client');
    await double.until(alone, (session) => session.closeReason === 'no-client');
    expect(await double.session(joined)).toMatchObject({ state: 'connected', clientJoined: true });
  });
});

describe('a token', () => {
  it('is refused when its time is over', async () => {
    await using double = await Double.start({ limits: { tokenLifetime: 0.2 } });
    const token = await double.token();
    const id = await double.opened({}, { token });
    expect((await double.post('/v1/streaming.keep_alive', { session_id: id }, { token })).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect((await double.post('/v1/streaming.keep_alive', { session_id: id }, { token })).status).toBe(401);
  });
});
