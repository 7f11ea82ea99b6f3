import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { allOrNone } from './all-or-none.ts';

test('when one server fails, those that start later are stopped, too', async () => {
  const stopped: string[] = [];
  const server = async (name: string, after: number): Promise<{ stop(): Promise<void> }> => {
    await delay(after);
    return { stop: async () => void stopped.push(name) };
  };
  await expect(
    allOrNone([server('early', 0), Promise.reject(new Error('no port')), server('late', 20)]),
  ).rejects.toThrow('no port');
  expect(stopped).toEqual(['early', 'late']);
});
