import { describeMachine } from './bench-servers.ts';
import { watchAll } from './viewers/measure.ts';
import { progressLine, table } from './viewers/report.ts';
import { Scene } from './viewers/scene.ts';
import { help, readSettings } from './viewers/settings.ts';

export async function run(args: string[]): Promise<void> {
  const settings = readSettings(args);
  if (settings === undefined) {
    process.stdout.write(help);
    return;
  }
  if (process.platform !== 'linux') throw new Error('pnpm bench viewers needs Linux');
  const { windows, codecs, unsynced, json } = settings;
  const stopping = new AbortController();
  const { signal } = stopping;
  const onSignal = (): void => stopping.abort(new Error('stopped'));
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    process.stderr.write('Starting servers, avatars, relays and viewers\n');
    await using scene = await Scene.set(codecs, { unsynced, signal });
    const onWindow = (...seen: Parameters<typeof progressLine>): void =>
      void process.stderr.write(`${progressLine(...seen)}\n`);
    const viewers = await watchAll(scene.stages, { windows, signal, onWindow });
    const title = `Viewers of 720p30 avatars with voice behind relays${unsynced ? ', stages without syncStreams' : ''}, in windows of 10 s`;
    if (viewers.length > 0) process.stdout.write(`\n${title}\n${describeMachine()}\n${table(viewers)}\n`);
    for (const failure of scene.failures) process.stdout.write(`${failure}\n`);
    if (json) process.stdout.write(`${JSON.stringify({ viewers, failures: scene.failures })}\n`);
    if (scene.failures.length > 0) process.exitCode = 1;
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
  if (signal.aborted) process.exitCode = 130;
}
