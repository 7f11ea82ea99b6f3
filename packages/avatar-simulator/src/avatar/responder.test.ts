import { describe, expect, it } from 'vitest';
import { answer } from './responder.ts';

const prompt =
  'You are Ann, a guide of the Harbour Museum. The museum opens at nine and closes at five. Tickets cost twelve euros.';

describe('the responder', () => {
  it('greets with the name of the prompt', () => {
    expect(answer('Hello!', prompt)).toBe('Hello! My name is Ann. How can I help you?');
    expect(answer('hi there')).toBe('Hello! I am your avatar. How can I help you?');
  });

  it('tells its name', () => {
    expect(answer('What is your name?', prompt)).toContain('My name is Ann.');
    expect(answer('Who are you?', 'You are a helpful assistant.')).toContain('I am your avatar.');
  });

  it('answers from the prompt when it can', () => {
    expect(answer('When does the museum open and close? The museum closes?', prompt)).toBe(
      'The museum opens at nine and closes at five.',
    );
    expect(answer('How much do tickets cost?', prompt)).toBe('Tickets cost twelve euros.');
  });

  it('repeats a question politely when it cannot', () => {
    expect(answer('Will it rain tomorrow?', prompt)).toBe(
      'You asked: Will it rain tomorrow? I will gladly find that out for you.',
    );
    expect(answer('The weather was fine')).toBe(
      'I heard you say: The weather was fine. Please tell me more.',
    );
  });

  it('gives the same answer every time, and never a long one', () => {
    const long = 'word '.repeat(400);
    expect(answer(long)).toBe(answer(long));
    expect(answer(long).length).toBeLessThanOrEqual(1_000);
    expect(answer(long, 'word word '.repeat(2_000)).length).toBeLessThanOrEqual(1_000);
  });
});
