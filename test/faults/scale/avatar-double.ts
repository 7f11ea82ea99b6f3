import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  AvatarProvider,
  OpenRequest,
  ProviderSession,
  SpeakResult,
} from '../../../apps/worker/src/providers/avatar-provider.ts';

const speechMs = 2_000;
const now = (): number => performance.timeOrigin + performance.now();

/** A vendor that costs nothing: it tells of speech as HeyGen does, and nobody speaks. */
export const avatarDouble: AvatarProvider = {
  name: 'heygen',
  capabilities: {
    modes: ['repeat'],
    talkNeedsKnowledge: false,
    uuidAvatars: false,
    defaultAvatar: true,
    maxUtteranceLength: 1_000,
    queueDepth: 1,
    finishesAlone: true,
    rollover: false,
  },
  open: async ({ recordRef, onEvent }) => {
    const ref = { provider: 'heygen', id: randomUUID(), openedAt: Math.round(now()) };
    await recordRef(ref);
    return session(ref, onEvent);
  },
  attach: async () => undefined,
  reap: async () => ({ wasOpen: false }),
  list: async () => [],
};

function session(ref: ProviderSession['ref'], onEvent: OpenRequest['onEvent']): ProviderSession {
  let silence = new AbortController();
  const speech = async (taskId: string, signal: AbortSignal): Promise<void> => {
    onEvent({ type: 'speech.started', taskId, at: now() });
    await sleep(speechMs, undefined, { signal }).catch(() => undefined);
    onEvent({ type: 'speech.ended', taskId, at: now() });
  };
  return {
    ref,
    media: { kind: 'room', url: 'ws://nowhere', token: '', avatarIdentity: 'avatar' },
    keepAliveMs: 60_000,
    async connect() {},
    async speak(): Promise<SpeakResult> {
      const taskId = randomUUID();
      setImmediate(() => void speech(taskId, silence.signal));
      return { taskId };
    },
    async interrupt() {
      silence.abort();
      silence = new AbortController();
    },
    async keepAlive() {},
    handleRoomData() {},
    async close() {
      silence.abort();
    },
  };
}
