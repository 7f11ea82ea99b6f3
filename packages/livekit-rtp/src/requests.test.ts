import { RequestResponse, RequestResponse_Reason } from '@livekit/protocol';
import { expect, test } from 'vitest';
import { Requests } from './requests.ts';

const never = new AbortController().signal;

test('each request gets the answer under its number, in whatever order they come', async () => {
  const requests = new Requests();
  const ids: number[] = [];
  const ask = (): Promise<RequestResponse> => requests.ask((id) => ids.push(id), never);
  const [first, second] = [ask(), ask()];
  requests.onResponse(new RequestResponse({ requestId: ids[1], reason: RequestResponse_Reason.NOT_ALLOWED }));
  requests.onResponse(new RequestResponse({ requestId: ids[0], reason: RequestResponse_Reason.OK }));
  expect((await first).reason).toBe(RequestResponse_Reason.OK);
  expect((await second).reason).toBe(RequestResponse_Reason.NOT_ALLOWED);
});

test('an aborted request is forgotten, and its answer ignored', async () => {
  const requests = new Requests();
  const abort = new AbortController();
  let id = 0;
  const asked = requests.ask((requestId) => (id = requestId), abort.signal);
  abort.abort(new Error('enough'));
  await expect(asked).rejects.toThrow('enough');
  requests.onResponse(new RequestResponse({ requestId: id }));
});
