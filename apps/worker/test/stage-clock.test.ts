import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Rig, sentence } from './support/rig.ts';
import { WorkerProcess } from './support/worker-process.ts';

const steppedClock = join(import.meta.dirname, '../../../test/faults/kit/stepped-clock.mjs');
const minutes = (count: number) => String(count * 60_000);

test('with a clock that the stage refuses a session waits, says why and costs nothing', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'stage-clock-'));
  const clock = join(dir, 'offset');
  try {
    await writeFile(clock, minutes(5));
    await using rig = await Rig.open();
    await using _ = await WorkerProcess.start(rig, {
      NODE_OPTIONS: `--import=${steppedClock}`,
      FAULTS_CLOCK_FILE: clock,
      BRIDGE_LOG_LEVEL: 'silent',
    });
    const session = await rig.session();
    const { reason } = await session.until('session.starting', (event) => event.reason !== undefined);
    expect(reason).toMatch(/this machine's clock is (299|30\d) s ahead of the server's/);
    expect(await rig.vendorSessions()).toEqual([]);

    // LiveKit minds tokens from the future only.
    await writeFile(clock, minutes(-5));
    await session.until('session.live');
    expect(await session.finished(await session.say(sentence(1)))).toEqual(['spoken']);
    expect(await session.eventsOf('session.starting')).toHaveLength(2);
    expect(await rig.vendorSessions()).toHaveLength(1);
    await session.stop();
    await session.until('session.ended');
  } finally {
    await rm(dir, { recursive: true });
  }
});
