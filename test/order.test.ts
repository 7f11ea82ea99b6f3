import { afterAll, beforeAll, expect, test } from 'vitest';
import { Bridge } from './setup/bridge.ts';

let bridge: Bridge;
beforeAll(async () => {
  bridge = await Bridge.start();
});
afterAll(() => bridge?.[Symbol.asyncDispose]());

const texts = (count: number, name = 'number'): string[] =>
  Array.from({ length: count }, (_, index) => `${name} ${index + 1}.`);

test('50 messages POSTed at once into one session are all spoken, in the order of their numbers', async () => {
  const { id, events } = await bridge.liveSession();
  const accepted = await Promise.all(texts(50).map((text) => bridge.say(id, text)));
  const bySeq = accepted.toSorted((a, b) => a.seq - b.seq);
  expect(bySeq.map(({ seq }) => seq)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  const ends = await events.finished(bySeq.map((message) => message.id));
  expect(new Set(Object.values(ends))).toEqual(new Set(['message.spoken']));
  const spoken = events.seen.filter((event) => event.type === 'message.spoken').map((event) => event.seq);
  expect(spoken).toEqual(bySeq.map(({ seq }) => seq));
  const told = events.seen.filter((event) => event.type === 'message.accepted').map((event) => event.text);
  expect(await heardByTheVendor(id)).toEqual(told);
  events.close();
  await bridge.deleteSession(id);
});

test('5 sessions at the same time each keep their own order', async () => {
  const sessions = await Promise.all(Array.from({ length: 5 }, () => bridge.liveSession()));
  const posted = await Promise.all(
    sessions.map(async ({ id }, session) => {
      const accepted = [];
      for (const text of texts(6, `session ${session}, message`)) accepted.push(await bridge.say(id, text));
      return accepted.map((message) => message.id);
    }),
  );
  for (const [index, { id, events }] of sessions.entries()) {
    const ends = await events.finished(posted[index]!);
    expect(Object.values(ends)).toEqual(Array.from({ length: 6 }, () => 'message.spoken'));
    expect(await heardByTheVendor(id)).toEqual(texts(6, `session ${index}, message`));
    events.close();
  }
  await Promise.all(sessions.map(({ id }) => bridge.deleteSession(id)));
});

test('the vendor has an interrupt within 300 ms of the call, and what was waiting is not said', async () => {
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
  const { tookMs } = await events.until('interrupt.done');
  const task = (await vendorSessionOf(id)).tasks.find(({ interruptedAt }) => interruptedAt !== undefined);
  expect(task?.interruptedAt).toBeDefined();
  console.log(
    `the vendor had the interrupt ${(task!.interruptedAt! - calledAt).toFixed(1)} ms after the call, ${tookMs} ms after its acceptance`,
  );
  expect(task!.interruptedAt! - calledAt).toBeLessThan(300);
  const after = await bridge.say(id, 'Now I go on.');
  expect(await events.finished([after.id])).toEqual({ [after.id]: 'message.spoken' });
  events.close();
  await bridge.deleteSession(id);
});

async function vendorSessionOf(id: string) {
  const { vendorSession } = await bridge.session(id);
  const book = (await bridge.vendorSessions()).find(({ sessionId }) => sessionId === vendorSession?.id);
  if (!book) throw new Error(`The vendor knows nothing of ${id}`);
  return book;
}

async function heardByTheVendor(id: string): Promise<string[]> {
  return (await vendorSessionOf(id)).tasks.map(({ text }) => text);
}
