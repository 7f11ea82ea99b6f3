import type { MessageAccepted } from '@avatar-bridge/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { operatorKey, testGateway, type TestGateway } from './support/gateway.ts';

type Board = { queues: BoardQueue[] };
type BoardQueue = {
  name: string;
  displayName: string;
  readOnlyMode: boolean;
  counts: Record<string, number>;
  jobs: { id: string; name: string; data: { text: string }; failedReason: string }[];
  pagination: { pageCount: number };
};

let gateway: TestGateway;
const messages: MessageAccepted[] = [];
let id: string;
const open = (path: string, method = 'GET') =>
  gateway.call(method, `/operators${path}`, { key: operatorKey });
const board = async (query = ''): Promise<Board> => (await open(`/queues/api/queues${query}`)).body as Board;

beforeAll(async () => {
  gateway = await testGateway();
  ({ id } = await gateway.createSession());
  for (const text of ['Spoken.', 'Being spoken.', 'Waits.', 'Waits, too.'])
    messages.push(await gateway.post(id, text));
  const owned = await gateway.own(id);
  const event = (at: number) => ({ messageId: messages[at]?.id ?? '', seq: at + 1 });
  await owned.updateMessage(
    messages[0]?.id ?? '',
    { state: 'spoken' },
    { type: 'message.spoken', ...event(0) },
  );
  await owned.updateMessage(
    messages[1]?.id ?? '',
    { state: 'speaking' },
    { type: 'message.speaking', ...event(1), waitedMs: 1 },
  );
});
afterAll(() => gateway.close());

test('/operators leads to the board, whose page loads nothing from elsewhere', async () => {
  const redirect = await open('');
  expect([redirect.status, redirect.headers.get('location')]).toEqual([302, '/operators/queues']);
  const page = await open('/queues');
  expect(page.status).toBe(200);
  expect(page.text).toContain('<base href="/operators/queues/"');
  expect(page.text).not.toMatch(/(src|href)="https?:/);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  const script = /src="(static\/[^"]+)"/.exec(page.text)?.[1];
  expect((await open(`/queues/${script}`)).headers.get('content-type')).toMatch(/javascript/);
});

test('the board shows the session queue and each session’s mailbox with its messages by state', async () => {
  const { queues } = await board(`?activeQueue=mailbox-${id}`);
  const leases = queues.find(({ displayName }) => displayName === 'sessions');
  expect(leases).toMatchObject({ readOnlyMode: true, counts: { prioritized: 1 } });
  const mailbox = queues.find(({ name }) => name === `mailbox-${id}`);
  expect(mailbox).toMatchObject({
    readOnlyMode: true,
    counts: { waiting: 2, active: 1, completed: 1, failed: 0 },
  });
  expect(mailbox?.jobs.map(({ data }) => data.text).toSorted()).toEqual([
    'Being spoken.',
    'Spoken.',
    'Waits, too.',
    'Waits.',
  ]);
});

test('a mailbox is paged by state, and a message opened', async () => {
  const { queues } = await board(`?activeQueue=mailbox-${id}&status=waiting&jobsPerPage=1&page=2`);
  const mailbox = queues.find(({ name }) => name === `mailbox-${id}`);
  expect(mailbox?.pagination.pageCount).toBe(2);
  expect(mailbox?.jobs.map(({ data }) => data.text)).toEqual(['Waits, too.']);
  const { body } = await open(`/queues/api/queues/mailbox-${id}/${messages[1]?.id}`);
  expect(body).toMatchObject({
    status: 'active',
    job: { id: messages[1]?.id, data: { text: 'Being spoken.' } },
  });
  expect((await open(`/queues/api/queues/mailbox-${id}/nobody`)).status).toBe(404);
});

test('nothing can be changed from the board', async () => {
  const leases = (await board()).queues.find(({ displayName }) => displayName === 'sessions');
  for (const queue of [leases?.name, `mailbox-${id}`]) {
    for (const verb of ['pause', 'empty', 'obliterate', 'retry/failed', 'clean/completed', 'promote']) {
      expect((await open(`/queues/api/queues/${queue}/${verb}`, 'PUT')).status).toBe(405);
    }
  }
  await open('/queues/api/queues/pause', 'PUT');
  expect(await gateway.store.queue.isPaused()).toBe(false);
  expect((await board()).queues.find(({ name }) => name === `mailbox-${id}`)?.counts).toMatchObject({
    waiting: 2,
  });
});

test('what the board does not have is a problem like everywhere', async () => {
  expect(await open('/queues/nothing/here/at/all')).toBeProblem(404, 'not-found');
  expect(await open('/nothing')).toBeProblem(404, 'not-found');
});

test('mailboxes come and go with their sessions', async () => {
  const { id: other } = await gateway.createSession();
  expect((await board()).queues.map(({ name }) => name)).toContain(`mailbox-${other}`);
});
