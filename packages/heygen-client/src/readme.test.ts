import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Answer, json, type SeenRequest, startVendorServer } from './testing/vendor-server.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const examples = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!);

// Inside the package, so that the example finds it by its name.
const folder = mkdtempSync(fileURLToPath(new URL('../.readme-', import.meta.url)));
afterAll(() => rmSync(folder, { recursive: true }));

const answers: Record<string, (host: string) => unknown> = {
  '/v1/sessions/token': () => ({ session_id: 's', session_token: 'jwt' }),
  '/v1/sessions/start': (host) => ({
    session_id: 's',
    livekit_url: 'wss://vendor.example',
    livekit_client_token: 'room-token',
    ws_url: `ws://${host}/lite`,
  }),
  '/v1/streaming.new': () => ({ session_id: 's', url: 'wss://vendor.example', access_token: 'room-token' }),
  '/v1/streaming.create_token': () => ({ token: 'once' }),
  '/v1/streaming.task': () => ({ task_id: 'task-7' }),
};

/** A vendor with both APIs, one session, and sockets that say when the avatar has spoken. */
async function startVendor() {
  const answer: Answer = (response, request: SeenRequest) => {
    const data = answers[request.path]?.(request.headers.host ?? '') ?? null;
    json(200, { code: 1000, data, message: 'success' })(response, request);
  };
  const vendor = await startVendorServer(answer);
  const messages: string[] = [];
  new WebSocketServer({ server: vendor.server }).on('connection', (socket: WebSocket) => {
    socket.on('message', (data: Buffer) => {
      messages.push(data.toString());
      if (!data.includes('agent.speak_end')) return;
      socket.send(
        JSON.stringify({ type: 'agent.state_updated', previous_state: 'talking', new_state: 'idle' }),
      );
    });
    socket.send(JSON.stringify({ type: 'session.state_updated', state: 'connected' }));
  });
  return { ...vendor, messages };
}

async function run(name: string, code: string, baseUrl: string): Promise<string> {
  const file = `${folder}/${name}.ts`;
  writeFileSync(file, code);
  const key = 'a-key-for-the-examples';
  const { stdout } = await promisify(execFile)(process.execPath, [file], {
    timeout: 20_000,
    env: {
      HEYGEN_API_KEY: key,
      HEYGEN_BASE_URL: baseUrl,
      LIVEAVATAR_API_KEY: key,
      LIVEAVATAR_BASE_URL: baseUrl,
    },
  });
  return stdout;
}

test.for([
  ['full', ['token', 'start', 'stop'], 'agent-control {"event_id":"line-1"'],
  ['lite', ['token', 'start', 'stop'], ''],
  ['v1', ['new', 'start', 'task', 'stop'], 'task task-7'],
  ['chat', ['new', 'create_token', 'stop'], 'closed by client'],
] as const)('the example %s of the README runs', async ([name, calls, said], { expect }) => {
  await using vendor = await startVendor();
  const code = examples[['full', 'lite', 'v1', 'chat'].indexOf(name)]!;
  expect(await run(name, code, vendor.baseUrl)).toContain(said);
  expect(vendor.seen.map(({ path }) => path.split(/[./]/).at(-1))).toEqual(calls);
  if (name === 'lite')
    expect(vendor.messages.map((text) => (JSON.parse(text) as { type: string }).type)).toEqual([
      'agent.speak',
      'agent.speak_end',
    ]);
});

test('the README has no example that is not run', () => {
  expect(examples).toHaveLength(4);
});
