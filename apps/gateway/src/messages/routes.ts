import { createRoute, z } from '@hono/zod-openapi';
import {
  InterruptAccepted,
  InterruptRequest,
  Message,
  MessageAccepted,
  MessageList,
  MessageRequest,
  MessageState,
} from '@avatar-bridge/contracts';
import { checkPolicy } from '../auth/missing-grant.ts';
import { idempotencyOf, idempotencyParameter } from '../http/idempotency.ts';
import { jsonBody } from '../http/json-body.ts';
import type { App, Parts } from '../parts.ts';
import { badInput } from '../problems/bad-input.ts';
import { ProblemError } from '../problems/problem-error.ts';
import { problemResponses } from '../problems/responses.ts';
import { talkFault } from '../sessions/provider-rules.ts';
import { messageParams, sessionParams } from '../sessions/params.ts';

const common = { tags: ['messages'], security: [{ key: [] }] };
const message = { 'application/json': { schema: Message.meta({ id: 'Message' }) } };

const postMessage = createRoute({
  ...common,
  method: 'post',
  path: '/v1/sessions/{id}/messages',
  summary: 'Queue a message. Messages of a session are spoken in the order they were accepted',
  description:
    'With `policy: "interrupt"` everything accepted before is silenced, and this message comes next, in one step. With `"replace"` the ' +
    'messages that nobody has begun to say are dropped, and what is being said is said to its end.',
  middleware: jsonBody,
  parameters: [idempotencyParameter],
  request: {
    params: sessionParams,
    body: {
      required: true,
      content: { 'application/json': { schema: MessageRequest.meta({ id: 'MessageRequest' }) } },
    },
  },
  responses: {
    202: {
      description: 'Accepted, and durable',
      content: { 'application/json': { schema: MessageAccepted.meta({ id: 'MessageAccepted' }) } },
    },
    ...problemResponses(
      ...(['bad-request', 'not-json', 'unknown-session', 'session-ended', 'too-large'] as const),
      ...([
        'unsupported-media-type',
        'idempotency-mismatch',
        'unsupported',
        'mailbox-full',
        'missing-grant',
      ] as const),
    ),
  },
});

const listMessages = createRoute({
  ...common,
  method: 'get',
  path: '/v1/sessions/{id}/messages',
  summary: 'List messages in order; go on with `after` the last one’s seq',
  request: {
    params: sessionParams,
    query: z.object({
      state: MessageState.optional(),
      after: z.coerce.number('must be a message’s seq: a whole number').int().min(0).optional(),
      limit: z.coerce.number('must be a whole number from 1 to 1000').int().min(1).max(1_000).optional(),
    }),
  },
  responses: {
    200: {
      description: 'A page',
      content: { 'application/json': { schema: MessageList.meta({ id: 'MessageList' }) } },
    },
    ...problemResponses('bad-request', 'unknown-session'),
  },
});

const getMessage = createRoute({
  ...common,
  method: 'get',
  path: '/v1/sessions/{id}/messages/{messageId}',
  summary: 'Get a message, with its state and times',
  request: { params: messageParams },
  responses: {
    200: { description: 'The message', content: message },
    ...problemResponses('unknown-session', 'unknown-message'),
  },
});

const cancelMessage = createRoute({
  ...common,
  method: 'delete',
  path: '/v1/sessions/{id}/messages/{messageId}',
  summary: 'Drop a message that nobody has begun to say',
  request: { params: messageParams },
  responses: {
    200: { description: 'Dropped', content: message },
    ...problemResponses('unknown-session', 'unknown-message', 'message-begun'),
  },
});

const interrupt = createRoute({
  ...common,
  method: 'post',
  path: '/v1/sessions/{id}/interrupt',
  summary: 'Silence what was accepted before: the message being said and those that wait',
  description:
    'With `before`, only messages with a smaller `seq`: whatever is posted meanwhile is safe. With an `Idempotency-Key` a repeated ' +
    'request silences nothing that came after the first one; the keys of the newest 100 interrupts are remembered.',
  middleware: jsonBody,
  parameters: [idempotencyParameter],
  request: {
    params: sessionParams,
    body: { content: { 'application/json': { schema: InterruptRequest.meta({ id: 'InterruptRequest' }) } } },
  },
  responses: {
    202: {
      description: 'Accepted',
      content: { 'application/json': { schema: InterruptAccepted.meta({ id: 'InterruptAccepted' }) } },
    },
    ...problemResponses(
      ...(['bad-request', 'not-json', 'unknown-session', 'session-ended', 'too-large'] as const),
      ...(['unsupported-media-type', 'idempotency-mismatch'] as const),
    ),
  },
});

export function addMessageRoutes(app: App, { store, offers, metrics }: Parts): void {
  app.openapi(postMessage, async (c) => {
    const request = c.req.valid('json');
    const { id } = c.req.valid('param');
    checkPolicy(c.var.credential, request);
    const offered = request.mode === 'talk' ? await offers.get() : undefined;
    const fault = offered && talkFault(await store.getSession(id), offered);
    if (fault) throw badInput([fault], 'unsupported');
    const { message: accepted, replayed } = await store.postMessage(id, request, idempotencyOf(c));
    if (replayed) c.header('idempotent-replayed', 'true');
    else metrics.messageAccepted();
    return c.json(accepted, 202);
  });
  app.openapi(listMessages, async (c) => {
    const { state, after, limit } = c.req.valid('query');
    const messages = await store.listMessages(c.req.valid('param').id, {
      states: state && [state],
      after,
      limit,
    });
    return c.json({ messages }, 200);
  });
  app.openapi(getMessage, async (c) => {
    const { id, messageId } = c.req.valid('param');
    return c.json(await store.getMessage(id, messageId), 200);
  });
  app.openapi(cancelMessage, async (c) => {
    const { id, messageId } = c.req.valid('param');
    const { message: found, cancelled } = await store.cancelMessage(id, messageId);
    if (!cancelled)
      throw new ProblemError(
        'message-begun',
        `It is ${found.state}. Interrupt to silence what is being said.`,
      );
    return c.json(found, 200);
  });
  app.openapi(interrupt, async (c) => {
    const { id } = c.req.valid('param');
    const { interrupt: accepted, replayed } = await store.interrupt(
      id,
      c.req.valid('json'),
      idempotencyOf(c),
    );
    if (replayed) c.header('idempotent-replayed', 'true');
    return c.json(accepted, 202);
  });
}
