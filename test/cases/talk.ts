import { expect } from 'vitest';
import { type Case, talkative } from '../setup/provider-under-test.ts';

/** A talk message is answered, a repeat message is said as it is; the captions tell both. */
export const talkAndRepeat: Case = async (bridge) => {
  const { id, events } = await bridge.liveSession(talkative);
  const question = await bridge.say(id, 'What is your name?', { mode: 'talk' });
  const statement = await bridge.say(id, 'I say what I was told.', { mode: 'repeat' });
  expect(await events.finished([question.id, statement.id])).toEqual({
    [question.id]: 'message.spoken',
    [statement.id]: 'message.spoken',
  });
  const captions = new Map(
    events.seen
      .filter((event) => event.type === 'caption.updated')
      .filter((event) => event.final && event.speaker === 'avatar')
      .map((event) => [event.messageId, event.text]),
  );
  expect(captions.get(statement.id)).toContain('I say what I was told');
  expect(captions.get(question.id)).toContain('My name is Ada');
  events.close();
  await bridge.deleteSession(id);
};
