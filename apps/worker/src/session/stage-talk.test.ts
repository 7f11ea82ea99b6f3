import type { SessionId, SessionEventBody, StreamedEvent } from '@avatar-bridge/contracts';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { StageTalk, type StageTalkParts } from './stage-talk.ts';

const id: SessionId = 'ses_0193a1b2c3d47e5f8a9b0c1d2e3f4a5b';
const messageId = 'msg_0193a1b2c3d47e5f8a9b0c1d2e3f4a5b';
const question: SessionEventBody = {
  type: 'message.accepted',
  messageId,
  seq: 1,
  mode: 'talk',
  text: 'Who?',
};

/** A session's log that says one thing, and a stage that is reached when the test says so. */
function talk(dialect: 'heygen-v1' | undefined) {
  const told: string[] = [];
  let reached = false;
  const events = async function* (): AsyncIterable<StreamedEvent> {
    yield { id: '1-0', sessionId: id, at: 1, ...question };
    yield { id: '2-0', sessionId: id, at: 2, type: 'user.started' };
  };
  const relay = { sendToStage: async (payload: string) => void told.push(payload) };
  const parts = {
    owned: { id, record: { dialect } },
    store: { events, listMessages: async () => [], postMessage: () => Promise.reject(new Error('unused')) },
    journal: { append() {} },
    logger: pino({ level: 'silent' }),
    onStage: () =>
      reached ? { tell: (how: (to: typeof relay) => Promise<void>) => void how(relay) } : undefined,
  };
  const stage = new StageTalk(parts as unknown as StageTalkParts);
  const reach = () => {
    reached = true;
    stage.reached();
  };
  return { stage, told, reach };
}

test('keeps what happens while nobody is on the stage for clients of v1', async () => {
  const { stage, told, reach } = talk('heygen-v1');
  await stage.pass(AbortSignal.timeout(5_000));
  expect(told).toEqual([]);
  reach();
  expect(told.map((payload) => (JSON.parse(payload) as { type: string }).type)).toEqual([
    'user_talking_message',
    'user_end_message',
  ]);
  reach();
  expect(told).toHaveLength(2);
});

test('leaves clients of this API to the event log', async () => {
  const { stage, told, reach } = talk(undefined);
  await stage.pass(AbortSignal.timeout(5_000));
  reach();
  expect(told).toEqual([]);
});
