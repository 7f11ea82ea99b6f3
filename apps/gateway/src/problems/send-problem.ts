import { Problem } from '@avatar-bridge/contracts';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { GatewayEnv } from '../parts.ts';

export const problemType = 'application/problem+json';

/** For routes: what an error's body looks like. */
export const problemContent = { [problemType]: { schema: Problem.meta({ id: 'Problem' }) } };

/** Answers with a problem, which gets the request's id as its `instance`. */
export function sendProblem(
  c: Context<GatewayEnv>,
  problem: Problem,
  headers: Record<string, string> = {},
): Response {
  const body = JSON.stringify({ ...problem, instance: `urn:avatar-bridge:request:${c.var.requestId}` });
  return c.body(body, problem.status as ContentfulStatusCode, { ...headers, 'content-type': problemType });
}
