import { problem } from '@avatar-bridge/contracts';
import type { Context } from 'hono';
import { routePath } from 'hono/route';
import type { GatewayEnv, Parts } from '../parts.ts';
import { problemOf } from './from-error.ts';
import { sendProblem } from './send-problem.ts';

const messages = '/v1/sessions/:id/messages';

/** Answers every error of every route, and logs those that are our own fault. */
export function answerError({ logger, metrics }: Parts) {
  return (error: unknown, c: Context<GatewayEnv>): Response => {
    const refusal = problemOf(error);
    if (refusal.code === 'internal')
      logger.error({ err: error, requestId: c.var.requestId }, 'request failed');
    if (c.req.method === 'POST' && routePath(c, -1) === messages) metrics.messageRejected(refusal.code);
    return sendProblem(c, problem(refusal.code, refusal.message, refusal.more), refusal.headers);
  };
}
