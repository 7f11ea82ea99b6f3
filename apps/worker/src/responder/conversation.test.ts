import { expect, test } from 'vitest';
import { Conversation } from './conversation.ts';

test('remembers who said what, one turn for what one says in a row', () => {
  const conversation = new Conversation();
  conversation.add('user', 'Hello.');
  conversation.add('assistant', 'Good morning.');
  conversation.add('assistant', 'How are you?');
  expect(conversation.turns).toEqual([
    { role: 'user', text: 'Hello.' },
    { role: 'assistant', text: 'Good morning. How are you?' },
  ]);
});

test('forgets the oldest turns', () => {
  const conversation = new Conversation();
  for (let turn = 0; turn < 100; turn++) conversation.add(turn % 2 ? 'assistant' : 'user', `turn ${turn}`);
  expect(conversation.turns).toHaveLength(40);
  expect(conversation.turns.at(-1)!.text).toBe('turn 99');
  conversation.add('user', 'x'.repeat(11_990));
  expect(conversation.turns.map(({ text }) => text.length)).toEqual([7, 11_990]);
  conversation.add('assistant', 'y'.repeat(20_000));
  expect(conversation.turns).toEqual([]);
});
