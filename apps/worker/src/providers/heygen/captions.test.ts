import { expect, test } from 'vitest';
import { Captions } from './captions.ts';

test('pieces of one task grow into one caption, which is final once', () => {
  const captions = new Captions();
  expect(captions.grow('avatar', 't', 'Hello ')).toMatchObject({ taskId: 't', text: 'Hello ', final: false });
  expect(captions.grow('avatar', 't', 'there.')).toMatchObject({ text: 'Hello there.', final: false });
  expect(captions.finish('avatar', 't')).toMatchObject({ text: 'Hello there.', final: true });
  expect(captions.finish('avatar', 't')).toBeUndefined();
  expect(captions.grow('avatar', 't', 'late')).toBeUndefined();
});

test('the user and the avatar under one task id are two captions', () => {
  const captions = new Captions();
  captions.grow('user', 't', 'Why?');
  expect(captions.grow('avatar', 't', 'Because.')).toMatchObject({ speaker: 'avatar', text: 'Because.' });
  expect(captions.finish('user', 't')).toMatchObject({ speaker: 'user', text: 'Why?', final: true });
});

test('without an id a piece behind a final caption begins the next one', () => {
  const captions = new Captions();
  captions.grow('user', undefined, 'One');
  captions.finish('user', undefined);
  expect(captions.grow('user', undefined, 'Two')).toEqual({
    type: 'caption',
    speaker: 'user',
    text: 'Two',
    final: false,
  });
});

test('nothing said is no caption', () => {
  const captions = new Captions();
  expect(captions.grow('avatar', 't', '')).toBeUndefined();
  expect(captions.finish('avatar', 't')).toBeUndefined();
});
