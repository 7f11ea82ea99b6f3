import { expect, test } from 'vitest';
import { parseRedisUrl } from './redis-url.ts';

test('knows one address, Sentinels and Clusters apart', () => {
  expect(parseRedisUrl('rediss://u:p@redis.example:6380/2')).toEqual({
    kind: 'single',
    url: 'rediss://u:p@redis.example:6380/2',
  });
  expect(parseRedisUrl('redis+sentinel://:p%40ss@s1:26380,s2/main')).toEqual({
    kind: 'sentinel',
    addresses: [
      { host: 's1', port: 26_380 },
      { host: 's2', port: 26_379 },
    ],
    name: 'main',
    password: 'p@ss',
    tls: false,
  });
  expect(parseRedisUrl('rediss+cluster://me:pw@10.0.0.1:7000,[::1]:7001')).toEqual({
    kind: 'cluster',
    addresses: [
      { host: '10.0.0.1', port: 7000 },
      { host: '::1', port: 7001 },
    ],
    username: 'me',
    password: 'pw',
    tls: true,
  });
});

test.each([
  'http://localhost',
  'redis+sentinel://s1:26379',
  'redis+cluster://a:1/name',
  'redis+cluster://a:b',
  'redis+cluster://:%zz@a',
  'redis+cluster://',
])('refuses %s', (url) => {
  expect(parseRedisUrl(url)).toBeUndefined();
});
