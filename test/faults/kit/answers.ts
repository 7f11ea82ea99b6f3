import { setTimeout as sleep } from 'node:timers/promises';
import type { FrontDoor } from './front-door.ts';
import { now, sleepUntil } from './now.ts';

/**
 * ms until a gateway has answered whatever it did, for what was asked of the sessions in turn at least 1.1 s
 * before `until`.
 */
export async function answersUntil(
  frontDoor: FrontDoor,
  sessionIds: string[],
  until: number,
): Promise<number[]> {
  const asked: Promise<number>[] = [];
  const ask = async (sessionId: string | undefined): Promise<number> => {
    const begun = performance.now();
    await frontDoor.try('GET', `/v1/sessions/${sessionId}`, { timeoutMs: 10_000 }).catch(() => undefined);
    return performance.now() - begun;
  };
  for (; now() < until - 1_100; await sleep(200))
    asked.push(ask(sessionIds[asked.length % sessionIds.length]));
  await sleepUntil(until);
  return Promise.all(asked);
}
