import { Agent } from 'node:http';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { follow, histogram, now, request } from './bench-client.ts';
import { describeMachine, startBenchStack } from './bench-servers.ts';

const help = `Usage: pnpm bench speech [--messages 500] [--provider heygen] [--json]

Posts messages one by one to an idle session, each after the one before was silenced, and measures from the moment the
request is sent until the simulated vendor has the task, by its own clock, which is this machine's.
`;

const goals = { p50: 3, p99: 15 };

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      messages: { type: 'string', default: '500' },
      provider: { type: 'string', default: 'heygen' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  const count = Number(values.messages);
  const stack = await startBenchStack();
  try {
    const { vendorTimes, answerTimes } = await measure(stack, count, values.provider);
    const rows = {
      'POST sent -> vendor has the task': histogram(vendorTimes),
      'POST sent -> 202 received': histogram(answerTimes),
    };
    const table = new Table({
      head: ['ms', 'p50', 'p90', 'p99', 'max', 'goal'],
      style: { head: [], border: [] },
    });
    for (const [name, h] of Object.entries(rows))
      table.push([
        name,
        h.p50,
        h.p90,
        h.p99,
        h.max,
        name.includes('vendor') ? `p50 <= ${goals.p50}, p99 <= ${goals.p99}` : '',
      ]);
    process.stdout.write(
      `\n${count} messages on an idle session of ${values.provider}\n${describeMachine()}\n${table.toString()}\n`,
    );
    const { p50, p99 } = rows['POST sent -> vendor has the task'];
    if (values.json) process.stdout.write(`${JSON.stringify({ postToVendorMs: { p50, p99 } })}\n`);
  } finally {
    await stack.stop();
  }
}

type Task = { text: string; receivedAt: number };

async function measure(
  stack: Awaited<ReturnType<typeof startBenchStack>>,
  count: number,
  provider: string,
): Promise<{ vendorTimes: number[]; answerTimes: number[] }> {
  const agent = new Agent({ keepAlive: true });
  const call = <T>(method: string, url: string, body?: unknown): Promise<T> =>
    request(agent, stack.chatbotKey, method, url, body) as Promise<T>;
  const { id } = await call<{ id: string }>('POST', `${stack.gateway.url}/v1/sessions`, {
    provider,
  });
  const base = `${stack.gateway.url}/v1/sessions/${id}`;
  const events = follow(base, stack.chatbotKey);
  await events.until((event) => event.type === 'session.live');

  const sentAt = new Map<string, number>();
  const answerTimes: number[] = [];
  const warmUp = 20;
  for (let index = -warmUp; index < count; index++) {
    const words = `This is message ${index + warmUp}, and it is long enough to be silenced.`;
    const begun = now();
    const { id: messageId } = await call<{ id: string }>('POST', `${base}/messages`, { text: words });
    if (index >= 0) {
      sentAt.set(words, begun);
      answerTimes.push(now() - begun);
    }
    await events.until((event) => event.type === 'message.speaking' && event.messageId === messageId);
    await call('POST', `${base}/interrupt`);
    await events.until((event) => event.type === 'message.interrupted' && event.messageId === messageId);
    await events.until((event) => event.type === 'interrupt.done');
    events.forget();
    if (process.stderr.isTTY) process.stderr.write(`\r${index + 1} of ${count}`);
  }
  events.close();
  const { sessions } = await call<{ sessions: { tasks: Task[] }[] }>(
    'GET',
    `${stack.simulator?.url}/admin/sessions`,
  );
  const received = new Map(
    sessions.flatMap(({ tasks }) => tasks.map(({ text, receivedAt }) => [text, receivedAt] as const)),
  );
  const vendorTimes = [...sentAt].map(([text, at]) => (received.get(text) ?? Number.NaN) - at);
  if (vendorTimes.some(Number.isNaN))
    throw new Error(`The vendor never had ${vendorTimes.filter(Number.isNaN).length} of the messages`);
  await call('DELETE', base);
  agent.destroy();
  return { vendorTimes, answerTimes };
}
