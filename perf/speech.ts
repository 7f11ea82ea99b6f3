import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { build } from 'hdr-histogram-js';
import { WebSocket } from 'ws';
import { describeMachine, startBenchStack } from './bench-servers.ts';

const help = `Usage: pnpm bench speech [--messages 500] [--json]

Posts messages one by one to an idle session, each after the one before was silenced, and measures from the moment the
request is sent until the simulated vendor has the task, by its own clock, which is this machine's.
`;

const now = (): number => performance.timeOrigin + performance.now();
const goals = { p50: 3, p99: 15 };

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      messages: { type: 'string', default: '500' },
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
    const { vendorTimes, answerTimes } = await measure(stack, count);
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
      `\n${count} messages on an idle session\n${describeMachine()}\n${table.toString()}\n`,
    );
    const { p50, p99 } = rows['POST sent -> vendor has the task'];
    if (values.json) process.stdout.write(`${JSON.stringify({ postToVendorMs: { p50, p99 } })}\n`);
  } finally {
    await stack.stop();
  }
}

type Task = { text: string; receivedAt: number };
type Event = { id: string; type: string; messageId?: string };

async function measure(
  stack: Awaited<ReturnType<typeof startBenchStack>>,
  count: number,
): Promise<{ vendorTimes: number[]; answerTimes: number[] }> {
  const agent = new Agent({ keepAlive: true });
  const call = <T>(method: string, url: string, body?: unknown): Promise<T> =>
    request(agent, stack.chatbotKey, method, url, body) as Promise<T>;
  const { id } = await call<{ id: string }>('POST', `${stack.gateway.url}/v1/sessions`, {});
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

/** One request over a kept connection. Node's own client, because `fetch` takes about as long as what is measured. */
async function request(
  agent: Agent,
  key: string,
  method: string,
  url: string,
  body?: unknown,
): Promise<unknown> {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    authorization: `Bearer ${key}`,
    ...(payload ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) } : {}),
  };
  const sent = httpRequest(url, { agent, method, headers });
  sent.end(payload);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const answer = await text(response);
  if ((response.statusCode ?? 500) >= 300)
    throw new Error(`${method} ${url}: ${response.statusCode} ${answer}`);
  return JSON.parse(answer);
}

/** The session's events, waited for one condition at a time. */
function follow(
  base: string,
  key: string,
): { until(fits: (event: Event) => boolean): Promise<void>; forget(): void; close(): void } {
  const socket = new WebSocket(`${base.replace('http', 'ws')}/socket?after=0-0`, {
    headers: { authorization: `Bearer ${key}` },
  });
  let seen: Event[] = [];
  let check: (() => void) | undefined;
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as { type: string; event: Event };
    if (message.type === 'event') seen.push(message.event);
    check?.();
  });
  return {
    until: (fits) =>
      new Promise((resolve, reject) => {
        const late = setTimeout(
          () => reject(new Error(`Nothing fitting among ${seen.map(({ type }) => type).join(', ')}`)),
          30_000,
        );
        check = () => {
          if (!seen.some(fits)) return;
          clearTimeout(late);
          check = undefined;
          resolve();
        };
        check();
      }),
    forget: () => {
      seen = [];
    },
    close: () => socket.close(),
  };
}

function histogram(values: number[]): { p50: number; p90: number; p99: number; max: number } {
  const h = build({ numberOfSignificantValueDigits: 3 });
  // In microseconds: the histogram takes whole numbers.
  for (const value of values) h.recordValue(Math.max(0, Math.round(value * 1_000)));
  const at = (percentile: number): number => Math.round(h.getValueAtPercentile(percentile) / 10) / 100;
  return { p50: at(50), p90: at(90), p99: at(99), max: at(100) };
}
