import { expect, test } from 'vitest';
import { PoolSettings } from './pool-settings.ts';

const faults = (text: string) => PoolSettings.safeParse(text).error?.issues.map(({ message }) => message);

test('a list gives how many of each avatar, with the usual settings', () => {
  const [first, second, ...more] = PoolSettings.parse(' default=2, 3f2b=1 ');
  expect(first).toMatchObject({ avatar: { id: 'default', quality: 'high' }, count: 2 });
  expect(second).toMatchObject({ avatar: { id: '3f2b' }, count: 1 });
  expect(more).toEqual([]);
});

test('JSON gives settings as a session has them', () => {
  const text = '[{"avatar":{"id":"anna","quality":"low","voice":{"id":"v"}},"count":3}]';
  expect(PoolSettings.parse(text)).toMatchObject([
    { avatar: { id: 'anna', quality: 'low', voice: { id: 'v' } }, count: 3 },
  ]);
});

test.each(['', 'default', 'default=', 'default=two', 'default=1,,', '[{"avatar"', '{"avatar":{}}'])(
  '%j is told how it must be written',
  (text) => {
    expect(faults(text)).toEqual([expect.stringMatching(/^must be like default=2, or JSON like /)]);
  },
);

test('what is wrong with a setting is told with its place', () => {
  expect(faults('default=0')).toEqual([expect.stringMatching(/^0\.count: /)]);
  expect(faults('[{"avatar":{"quality":"ultra"},"count":1}]')).toEqual([
    expect.stringMatching(/^0\.avatar\.quality: /),
  ]);
  expect(faults('[]')).toEqual(['is empty']);
});
