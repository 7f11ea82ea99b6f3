import { beforeEach, describe, expect, it } from 'vitest';
import { type Caption, Captions } from './captions.ts';

const messageId = `msg_${'0'.repeat(32)}`;
const told = (caption: Caption) =>
  `${caption.speaker} ${caption.segmentId} ${caption.text}${caption.final ? '.' : ''}`;

describe('Captions', () => {
  let published: Caption[];
  let captions: Captions;
  beforeEach(() => {
    published = [];
    captions = new Captions((caption) => published.push(caption));
  });
  const update = (
    text: string,
    final = false,
    taskId: string | undefined = 't1',
    speaker: 'avatar' | 'user' = 'avatar',
  ) => captions.update({ type: 'caption', speaker, text, final, ...(taskId && { taskId }) }, messageId);

  it('grows a segment and ends it', () => {
    update('Hello');
    update('Hello there');
    update('Hello there', true);
    expect(published.map(told)).toEqual([
      'avatar t1 Hello',
      'avatar t1 Hello there',
      'avatar t1 Hello there.',
    ]);
    expect(published[0]).toMatchObject({ type: 'caption.updated', messageId });
  });

  it('keeps the text when the end comes without one', () => {
    update('Hello');
    update('', true);
    expect(published.map(told)).toEqual(['avatar t1 Hello', 'avatar t1 Hello.']);
  });

  it('ignores words that come after the end', () => {
    update('Hello', true);
    update('Hello again');
    expect(published).toHaveLength(1);
  });

  it('ends a segment whose end was lost when the next begins', () => {
    update('Hello');
    update('Bye', false, 't2');
    expect(published.map(told)).toEqual(['avatar t1 Hello', 'avatar t1 Hello.', 'avatar t2 Bye']);
  });

  it('keeps the segments of avatar and user apart', () => {
    update('Hello');
    update('Hi', false, 'u1', 'user');
    expect(published.map(told)).toEqual(['avatar t1 Hello', 'user user-u1 Hi']);
  });

  it('knows what has been said of a task that is not over', () => {
    expect(captions.textOf('t1')).toBeUndefined();
    update('Hello');
    expect(captions.textOf('t1')).toBe('Hello');
    expect(captions.textOf('t2')).toBeUndefined();
  });

  it('ends what is open when told', () => {
    update('Hello');
    captions.finish();
    captions.finish();
    expect(published.map(told)).toEqual(['avatar t1 Hello', 'avatar t1 Hello.']);
  });

  it('makes a segment for captions that name no task', () => {
    update('Hello', false, '');
    update('Hello there', true, '');
    update('Bye', true, '');
    expect(published.map(told)).toEqual([
      'avatar unnamed-1 Hello',
      'avatar unnamed-1 Hello there.',
      'avatar unnamed-2 Bye.',
    ]);
  });

  it('gives the user and the avatar of one task segments of their own', () => {
    update('Who are you?', true, 't1', 'user');
    update('I am Ava.', true);
    expect(published.map(told)).toEqual(['user user-t1 Who are you?.', 'avatar t1 I am Ava..']);
  });
});
