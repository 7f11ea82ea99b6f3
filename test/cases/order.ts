import { expect } from 'vitest';
import type { Bridge, VendorSessionBook } from '../setup/bridge.ts';
import type { Case, ProviderUnderTest } from '../setup/provider-under-test.ts';

/** Every second one is much longer, so that the order can be told where the vendor is given sound. */
const texts = (count: number, name = ''): string[] =>
  Array.from({ length: count }, (_, index) => `${name}${index + 1}${index % 2 ? ', and that is so' : ''}.`);

/** 50 messages POSTed at once into one session are all spoken, in the order of their numbers. */
export const fiftyInOrder: Case = async (bridge, subject) => {
  const { id, events } = await bridge.liveSession();
  const accepted = await Promise.all(texts(50).map((text) => bridge.say(id, text)));
  const bySeq = accepted.toSorted((a, b) => a.seq - b.seq);
  expect(bySeq.map(({ seq }) => seq)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  const ends = await events.finished(bySeq.map((message) => message.id));
  expect(new Set(Object.values(ends))).toEqual(new Set(['message.spoken']));
  const spoken = events.seen.filter((event) => event.type === 'message.spoken').map((event) => event.seq);
  expect(spoken).toEqual(bySeq.map(({ seq }) => seq));
  const told = events.seen.filter((event) => event.type === 'message.accepted').map((event) => event.text);
  await expectHeard(bridge, subject, id, told);
  events.close();
  await bridge.deleteSession(id);
};

/** 5 sessions at the same time each keep their own order. */
export const fiveSessions: Case = async (bridge, subject) => {
  const sessions = await Promise.all(Array.from({ length: 5 }, () => bridge.liveSession()));
  const posted = await Promise.all(
    sessions.map(async ({ id }, session) => {
      const accepted = [];
      for (const text of texts(6, `session ${session}, message `)) accepted.push(await bridge.say(id, text));
      return accepted.map((message) => message.id);
    }),
  );
  for (const [index, { id, events }] of sessions.entries()) {
    const ends = await events.finished(posted[index]!);
    expect(Object.values(ends)).toEqual(Array.from({ length: 6 }, () => 'message.spoken'));
    await expectHeard(bridge, subject, id, texts(6, `session ${index}, message `));
    events.close();
  }
  await Promise.all(sessions.map(({ id }) => bridge.deleteSession(id)));
};

/** The vendor has an interrupt within 300 ms of the call, what was waiting is not said, and what comes next is. */
export const interrupt: Case = async (bridge) => {
  const { id, events } = await bridge.liveSession();
  const long = await bridge.say(
    id,
    'This is a long sentence that will go on and on for quite a while, until somebody has heard enough of it and interrupts me.',
  );
  const waiting = await bridge.say(id, 'I was waiting.');
  await events.until('message.speaking', (event) => event.messageId === long.id);
  const calledAt = Date.now();
  await bridge.interrupt(id);
  expect(await events.finished([long.id, waiting.id])).toEqual({
    [long.id]: 'message.interrupted',
    [waiting.id]: 'message.interrupted',
  });
  await events.until('interrupt.done');
  const { tasks } = await vendorSessionOf(bridge, id);
  const interruptedAt = tasks.find((task) => task.interruptedAt !== undefined)?.interruptedAt;
  expect(interruptedAt).toBeDefined();
  const took = interruptedAt! - calledAt;
  expect(took).toBeLessThan(300);
  const after = await bridge.say(id, 'Now I go on.');
  expect(await events.finished([after.id])).toEqual({ [after.id]: 'message.spoken' });
  events.close();
  await bridge.deleteSession(id);
  return `vendor had it after ${took.toFixed(1)} ms`;
};

async function expectHeard(
  bridge: Bridge,
  { given }: ProviderUnderTest,
  id: string,
  told: string[],
): Promise<void> {
  const { tasks } = await vendorSessionOf(bridge, id);
  expect(tasks.length).toBe(told.length);
  if (given === 'text') return expect(tasks.map(({ text }) => text)).toEqual(told);
  // Longer, shorter, longer …, each begun when the one before it was over.
  const lengths = tasks.map(({ startedAt = NaN, stoppedAt = NaN }) => stoppedAt - startedAt);
  for (const [index, length] of lengths.entries()) {
    if (index === 0) continue;
    expect(tasks[index]!.startedAt).toBeGreaterThanOrEqual(tasks[index - 1]!.stoppedAt!);
    const longer = told[index]!.length > told[index - 1]!.length;
    expect(length > lengths[index - 1]!, `${told[index]} after ${told[index - 1]}`).toBe(longer);
  }
}

async function vendorSessionOf(bridge: Bridge, id: string): Promise<VendorSessionBook> {
  const { vendorSession } = await bridge.session(id);
  const book = (await bridge.vendorSessions()).find(({ sessionId }) => sessionId === vendorSession?.id);
  if (!book) throw new Error(`The vendor knows nothing of ${id}`);
  return book;
}
