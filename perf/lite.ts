import { Agent } from 'node:http';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { follow, histogram, now, request } from './bench-client.ts';
import { describeMachine, startBenchStack } from './bench-servers.ts';
import { StageEar } from './stage-ear.ts';

const help = `Usage: pnpm bench lite [--messages 100] [--provider liveavatar-lite|voice-only] [--json]

Posts messages one by one to an idle session that speaks with the embedded voice, interrupts each, and measures from the
moment the request is sent: until the simulated vendor has the first sound, until a viewer on the stage (LiveKit's own
Node SDK, jitter buffer included) hears it, and from the interrupt until that viewer hears nothing more.
`;

const rows: Record<keyof Times, { name: string; goal?: string }> = {
  postToVendorMs: { name: 'POST sent -> vendor has the first sound', goal: 'p50 <= 100' },
  postToStageMs: { name: 'POST sent -> first sound on the stage' },
  interruptToSilenceMs: { name: 'interrupt sent -> silence on the stage', goal: 'max <= 300' },
};

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      messages: { type: 'string', default: '100' },
      provider: { type: 'string', default: 'liveavatar-lite' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  const count = Number(values.messages);
  const stack = await startBenchStack({ BRIDGE_PROVIDERS: values.provider });
  try {
    const times = await measure(stack, count);
    const table = new Table({
      head: ['ms', 'p50', 'p90', 'p99', 'max', 'goal'],
      style: { head: [], border: [] },
    });
    const figures = Object.fromEntries(
      Object.entries(times).flatMap(([key, values]) => (values.length > 0 ? [[key, histogram(values)]] : [])),
    );
    for (const [key, { name, goal = '' }] of Object.entries(rows)) {
      const figure = figures[key];
      if (figure) table.push([name, figure.p50, figure.p90, figure.p99, figure.max, goal]);
    }
    process.stdout.write(
      `\n${values.provider}: ${count} messages on an idle session, embedded voice\n${describeMachine()}\n${table.toString()}\n`,
    );
    if (values.json) process.stdout.write(`${JSON.stringify({ provider: values.provider, ...figures })}\n`);
  } finally {
    await stack.stop();
  }
}

type Times = { postToVendorMs: number[]; postToStageMs: number[]; interruptToSilenceMs: number[] };
type Task = { receivedAt: number };

async function measure(stack: Awaited<ReturnType<typeof startBenchStack>>, count: number): Promise<Times> {
  const agent = new Agent({ keepAlive: true });
  const call = <T>(method: string, url: string, body?: unknown): Promise<T> =>
    request(agent, stack.chatbotKey, method, url, body) as Promise<T>;
  const { id } = await call<{ id: string }>('POST', `${stack.gateway.url}/v1/sessions`, {});
  const base = `${stack.gateway.url}/v1/sessions/${id}`;
  const events = follow(base, stack.chatbotKey);
  await events.until((event) => event.type === 'session.live');
  const viewer = await call<{ url: string; token: string }>('POST', `${base}/viewers`, {});
  await using ear = await StageEar.join(viewer.url, viewer.token);

  const sentAt: number[] = [];
  const times: Times = { postToVendorMs: [], postToStageMs: [], interruptToSilenceMs: [] };
  const warmUp = 3;
  for (let index = -warmUp; index < count; index++) {
    const text = `This is message ${index + warmUp}, and it is long enough to be silenced.`;
    await ear.silence();
    const begun = now();
    sentAt.push(begun);
    const { id: messageId } = await call<{ id: string }>('POST', `${base}/messages`, { text });
    const heardAt = await ear.soundAfter(begun);
    await events.until((event) => event.type === 'message.speaking' && event.messageId === messageId);
    const interrupted = now();
    await call('POST', `${base}/interrupt`);
    await events.until((event) => event.type === 'message.interrupted' && event.messageId === messageId);
    await events.until((event) => event.type === 'interrupt.done');
    await ear.silence();
    if (index >= 0) {
      times.postToStageMs.push(heardAt - begun);
      times.interruptToSilenceMs.push(Math.max(0, ear.lastSoundAt - interrupted));
    }
    events.forget();
    if (process.stderr.isTTY) process.stderr.write(`\r${index + 1} of ${count}`);
  }
  events.close();
  const { sessions } = await call<{ sessions: { tasks: Task[] }[] }>(
    'GET',
    `${stack.simulator?.url}/admin/sessions`,
  );
  const received = sessions.flatMap(({ tasks }) => tasks.map(({ receivedAt }) => receivedAt));
  if (received.length === sentAt.length)
    times.postToVendorMs = received.map((at, index) => at - sentAt[index]!).slice(warmUp);
  await call('DELETE', base);
  agent.destroy();
  return times;
}
