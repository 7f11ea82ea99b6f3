import { problem } from '@avatar-bridge/contracts';
import type { NotFoundHandler } from 'hono';
import { TrieRouter } from 'hono/router/trie-router';
import type { App, GatewayEnv } from '../parts.ts';
import { sendProblem } from './send-problem.ts';

/** Answers 405 with the methods that a path has, 404 when it has none. Knows the routes that `app` has by now. */
export function answerNotFound(app: App): NotFoundHandler<GatewayEnv> {
  const router = new TrieRouter<string>();
  const methods = new Set<string>();
  for (const { method, path } of app.routes) {
    if (method === 'ALL') continue;
    router.add(method, path, method);
    methods.add(method);
  }
  return (c) => {
    const allowed = [...methods].filter((method) => router.match(method, c.req.path)[0].length > 0);
    if (allowed.includes('GET')) allowed.push('HEAD');
    // A route that is there but found nothing, such as a file's, is no reason to ask for another method.
    if (allowed.length === 0 || allowed.includes(c.req.method)) {
      c.set('unmatched', true);
      return sendProblem(c, problem('not-found', 'See /openapi.json for what there is.'));
    }
    return sendProblem(c, problem('method-not-allowed', `Use ${allowed.join(' or ')}.`), {
      allow: allowed.join(', '),
    });
  };
}
