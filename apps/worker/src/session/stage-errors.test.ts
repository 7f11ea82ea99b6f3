import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { stageAccess } from './stage-access.ts';

/** What a worker says of a server that refuses it and whose clock differs from ours by so much. */
async function refusedBy(aheadMs: number): Promise<string> {
  await using server = createServer((_, answer) => {
    answer.writeHead(401, { date: new Date(Date.now() + aheadMs).toUTCString() }).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const access = stageAccess({ url, apiKey: 'key', apiSecret: 'a secret of more than 32 characters' });
  return String(await access.prepare('room').catch((error: unknown) => error));
}

describe('a stage whose server refuses our tokens', () => {
  it('has another key, as far as can be told', async () => {
    expect(await refusedBy(0)).toMatch(/^StageRefusedError: .*check LIVEKIT_API_KEY/);
  });

  it.each([
    [-120_000, /^StageUnavailableError: .*this machine's clock is 12\d s ahead of the server's/],
    [900_000, /^StageUnavailableError: .*this machine's clock is (90\d|899) s behind the server's/],
  ])('has a clock that differs by %i ms', async (aheadMs, told) => {
    expect(await refusedBy(aheadMs)).toMatch(told);
  });
});
