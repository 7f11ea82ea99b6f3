import { startSimulator, type Simulator } from '@avatar-bridge/avatar-simulator';
import { EmbeddedSpeech } from '@avatar-bridge/speech';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import type { VendorEvent } from '../vendor-event.ts';
import { apiKey, event, utterance } from '../testing/simulated-vendor.ts';
import { LiteAccount } from './testing/lite-account.ts';

const synthesizer = new EmbeddedSpeech();
const stage = inject('livekit').stage;
const text = 'Good morning, everybody. This phone is lighter than the last.';

let simulator: Simulator;
let account: LiteAccount;
beforeAll(async () => {
  simulator = await startSimulator({ apiKey, livekit: inject('livekit').vendor, limits: { concurrency: 5 } });
  account = new LiteAccount(simulator, stage, { synthesizer });
});
afterEach(() => account.reset());
afterAll(async () => {
  await simulator.close();
  await synthesizer.close();
});

const spoken = (events: VendorEvent[], taskId: string) =>
  events.flatMap((e) =>
    e.type.startsWith('speech.') && 'taskId' in e && e.taskId === taskId ? [e.type] : [],
  );

describe('the socket', () => {
  test('is opened again when it drops, and no sound is lost', async () => {
    const { session, events } = await account.opened();
    const { taskId } = await session.speak(utterance(`${text} ${text} ${text}`));
    await event(events, 'speech.started');
    await account.fault({ kind: 'drop-socket' });
    await event(events, 'speech.ended', (e) => e.taskId === taskId);
    const tasks = await account.tasks(session);
    const played = tasks.reduce((sum, { playedMs = 0 }) => sum + playedMs, 0);
    const whole = await soundMs(`${text} ${text} ${text}`);
    expect(played).toBeGreaterThan(whole - 20);
    expect(played).toBeLessThan(whole + 1_100);
    expect(events.some(({ type }) => type === 'closed')).toBe(false);
  });

  test('that drops while nothing is said is opened again for the next text', async () => {
    const { session, events } = await account.opened();
    await account.fault({ kind: 'drop-socket' });
    const { taskId } = await session.speak(utterance('Hello.'));
    await event(events, 'speech.ended', (e) => e.taskId === taskId);
    expect(spoken(events, taskId)).toEqual(['speech.started', 'speech.ended']);
  });

  test('that cannot be opened again loses the session', async () => {
    const { session, events } = await account.opened();
    await account.fault({ kind: 'drop-session' });
    await event(events, 'closed');
    await expect(session.speak(utterance('Hello.'))).rejects.toMatchObject({ name: 'SessionLostError' });
    expect(events.filter(({ type }) => type === 'closed')).toHaveLength(1);
  });
});

async function soundMs(said: string): Promise<number> {
  let samples = 0;
  const { signal } = new AbortController();
  for await (const { pcm } of synthesizer.synthesize({ text: said, signal })) samples += pcm.length;
  return samples / 24;
}

describe('the limit of a session', () => {
  let short: Simulator;
  let limited: LiteAccount;
  beforeAll(async () => {
    short = await startSimulator({
      apiKey,
      livekit: inject('livekit').vendor,
      liveAvatarLimits: { maxSessionDuration: 6 },
    });
    limited = new LiteAccount(short, stage, { synthesizer });
  });
  afterEach(() => limited.reset());
  afterAll(() => short.close());

  test('is known, and a session that just goes mute is given up at it', async () => {
    await limited.switches({ sessionEnd: 'mute' });
    const { session, events } = await limited.opened();
    expect(session.durationLimitMs).toBe(6_000);
    const { taskId } = await session.speak(utterance(`${text} ${text} ${text}`));
    const { reason } = await event(events, 'closed');
    expect(reason).toContain('6 s');
    expect(spoken(events, taskId)).toEqual(['speech.started']);
  });

  test('no text is begun that it would cut', async () => {
    const { session, events } = await limited.opened();
    const { taskId } = await session.speak(utterance('Good morning, everybody.'));
    await event(events, 'speech.ended', (e) => e.taskId === taskId);
    await vi.waitUntil(() => Date.now() - session.ref.openedAt > 4_000, { timeout: 5_000 });
    await expect(session.speak(utterance(text))).rejects.toMatchObject({ name: 'SessionLostError' });
  });
});
