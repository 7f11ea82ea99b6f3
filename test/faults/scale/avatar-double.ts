import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  AvatarProvider,
  OpenRequest,
  ProviderSession,
  SpeakResult,
} from '../../../apps/worker/src/providers/avatar-provider.ts';
import type { Said } from '../kit/ledger.ts';

const speechMs = 2_000;
const now = (): number => performance.timeOrigin + performance.now();

/**
 * A vendor that costs nothing: it tells of speech as HeyGen does, and nobody speaks. What it was given goes
 * to the file `books`, a line for each text.
 */
export const avatarDouble = (books: string | undefined): AvatarProvider => ({
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
    return session(ref, onEvent, (said) => books && appendFileSync(books, `${JSON.stringify(said)}\n`));
  },
  attach: async () => undefined,
  reap: async () => ({ wasOpen: false }),
  list: async () => [],
});

function session(
  ref: ProviderSession['ref'],
  onEvent: OpenRequest['onEvent'],
  note: (said: Said) => void,
): ProviderSession {
  let silence = new AbortController();
  const speech = async (taskId: string, text: string, signal: AbortSignal): Promise<void> => {
    const startedAt = now();
    onEvent({ type: 'speech.started', taskId, at: startedAt });
    await sleep(speechMs, undefined, { signal }).catch(() => undefined);
    const stoppedAt = now();
    onEvent({ type: 'speech.ended', taskId, at: stoppedAt });
    const silenced = signal.aborted && { interruptedAt: stoppedAt };
    note({ vendorSession: ref.id, text, startedAt, stoppedAt, ...silenced });
  };
  return {
    ref,
    media: { kind: 'room', url: 'ws://nowhere', token: '', avatarIdentity: 'avatar' },
    keepAliveMs: 60_000,
    async connect() {},
    async speak({ text }): Promise<SpeakResult> {
      const taskId = randomUUID();
      setImmediate(() => void speech(taskId, text, silence.signal));
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
