import { randomUUID } from 'node:crypto';
import { startSimulator, type SessionView, type Simulator } from '../packages/avatar-simulator/src/index.ts';
import { AccessToken } from 'livekit-server-sdk';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { liveAvatarPython } from '../scripts/install/python.ts';
import { runPlugin, type PluginStep } from './setup/liveavatar-plugin.ts';
import { RtcViewer } from './setup/rtc-viewer.ts';

const apiKey = 'the-account-key';
/** One that LiveAvatar's documentation uses. */
const avatarId = 'dd73ea75-1218-4ef3-92ce-606d5f7fbc0a';
let simulator: Simulator;

// The first run on a machine installs about 70 packages.
beforeAll(async () => {
  await liveAvatarPython();
  simulator = await startSimulator({ apiKey, livekit: inject('livekit').vendor });
}, 600_000);
afterAll(() => simulator?.close());

// PyPI livekit-plugins-liveavatar 1.8.9 and livekit-agents 1.8.9, as they are.
test.for(['both', 'state-only', 'speak-only'] as const)(
  'LiveKit’s plugin speaks, interrupts, speaks again and stops with the speech signals: %s',
  async (speakSignals) => {
    // Where no state says that an interrupted line is over, something else has to: the plugin would wait for ever.
    const interruptedLine = speakSignals === 'speak-only' ? 'interrupted-and-ended' : 'interrupted';
    await admin('PATCH', '/switches', { speakSignals, interruptedLine });
    const stage = inject('livekit').stage;
    const room = `plugin-${randomUUID()}`;
    const token = new AccessToken(stage.apiKey, stage.apiSecret, { identity: 'viewer' });
    token.addGrant({ roomJoin: true, room, canPublish: false });
    await using viewer = await RtcViewer.join(stage.url, await token.toJwt());

    const { steps, log } = await runPlugin({
      livekit: stage,
      room,
      apiUrl: `${simulator.url}/v1/sessions`,
      apiKey,
      avatarId,
    });

    expect(steps.map((step) => ({ ...step, at: undefined }))).toEqual([
      { step: 'joined', avatar: 'liveavatar-avatar-agent' },
      { step: 'speaking', utterance: 'first' },
      { step: 'finished', utterance: 'first', interrupted: false },
      { step: 'speaking', utterance: 'interrupted' },
      { step: 'interrupting', utterance: 'interrupted' },
      { step: 'finished', utterance: 'interrupted', interrupted: true },
      { step: 'speaking', utterance: 'next' },
      { step: 'finished', utterance: 'next', interrupted: false },
      { step: 'stopped' },
    ]);
    // What it had from us that it did not expect, it would have said.
    expect(log).not.toMatch(/error|unexpected|playback_finished called more times/i);

    const at = (step: PluginStep['step'], utterance?: string): number =>
      steps.find(
        (one) => one.step === step && (!utterance || ('utterance' in one && one.utterance === utterance)),
      )!.at;
    const first = at('finished', 'first') - at('speaking', 'first');
    console.log(`${speakSignals}: 2 s of sound were said in ${first} ms`);
    expect(first).toBeGreaterThan(1_500);
    expect(first).toBeLessThan(3_500);
    expect(viewer.loudest(at('speaking', 'first'), at('finished', 'first'))).toBeGreaterThan(500);
    expect(viewer.loudest(at('speaking', 'next'), at('finished', 'next'))).toBeGreaterThan(500);
    const seen = viewer.frames.filter((frame) => frame.at < at('finished', 'next'));
    expect(seen.at(-1)).toMatchObject({ width: 1280, height: 720 });

    const { sessions } = await admin<{ sessions: SessionView[] }>('GET', '/sessions');
    const session = sessions.at(-1)!;
    expect(session).toMatchObject({ state: 'closed', closeReason: 'stopped' });
    expect(session.tasks.map(({ interruptedAt }) => interruptedAt !== undefined)).toEqual([
      false,
      true,
      false,
    ]);
    expect(Math.abs(session.tasks[1]!.interruptedAt! - at('interrupting'))).toBeLessThan(300);
  },
);

async function admin<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(simulator.adminUrl + path, {
    method,
    ...(body !== undefined && {
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    }),
  });
  if (!response.ok)
    throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
  const text = await response.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
}
