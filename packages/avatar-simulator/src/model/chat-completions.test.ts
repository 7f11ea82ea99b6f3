import { expect, test } from 'vitest';
import { modelApp } from './chat-completions.ts';

const ask = (body: unknown): Response | Promise<Response> =>
  modelApp().request('/v1/chat/completions', { method: 'POST', body: JSON.stringify(body) });
const messages = [
  { role: 'system', content: 'You are Ada.' },
  { role: 'user', content: 'What is your name?' },
];

test('answers as a whole, from the prompt', async () => {
  const response = await ask({ model: 'small', messages });
  expect(await response.json()).toMatchObject({
    model: 'small',
    choices: [{ message: { role: 'assistant', content: 'My name is Ada. How can I help you?' } }],
  });
});

test('streams the answer piece by piece', async () => {
  const events = (await (await ask({ messages, stream: true })).text()).trim().split('\n\n');
  expect(events.at(-1)).toBe('data: [DONE]');
  const pieces = events
    .slice(0, -1)
    .map((event) => JSON.parse(event.replace('data: ', '')) as { choices: [{ delta: { content: string } }] })
    .map(({ choices }) => choices[0].delta.content);
  expect(pieces.length).toBeGreaterThan(4);
  expect(pieces.join('')).toBe('My name is Ada. How can I help you?');
});

test.each([{}, { messages: [] }, { messages: 'hello' }])('refuses %j', async (body) => {
  const response = await ask(body);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
});
