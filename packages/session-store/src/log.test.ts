import { expect, test, vi } from 'vitest';
import { rateLimited } from './log.ts';

test('the same kind is logged once a second', () => {
  vi.useFakeTimers();
  try {
    const lines: string[] = [];
    const add = (details: object) => lines.push(JSON.stringify(details));
    const log = rateLimited({ debug: add, info: add, warn: add, error: add });
    for (let i = 0; i < 25; i++) {
      log('warn', 'down', { i }, 'redis connection error');
      log('warn', 'other', { i }, 'redis connection error');
      vi.advanceTimersByTime(100);
    }
    expect(lines).toHaveLength(6);
    expect(lines.slice(0, 4)).toEqual(['{"i":0}', '{"i":0}', '{"i":10}', '{"i":10}']);
  } finally {
    vi.useRealTimers();
  }
});
