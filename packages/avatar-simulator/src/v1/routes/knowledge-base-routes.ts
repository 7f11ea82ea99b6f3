import { endpoints, KnowledgeBaseRequest } from '@avatar-bridge/heygen-client';
import { Hono } from 'hono';
import { success } from '../http/envelope.ts';
import { readBody } from '../http/read-body.ts';
import type { Account, RequestContext } from './account.ts';

/** List, create and update. How one is deleted isn't known. */
export function knowledgeBaseRoutes({
  credentials,
  knowledgeBases,
  switches,
}: Account): Hono<RequestContext> {
  const routes = new Hono<RequestContext>();

  routes.get(endpoints.knowledgeBases, (c) => {
    credentials.requireKey(c);
    return c.json(success({ list: knowledgeBases.list() }, switches.values));
  });

  routes.post(endpoints.createKnowledgeBase, async (c) => {
    credentials.requireKey(c);
    return c.json(success(knowledgeBases.create(await readBody(c, KnowledgeBaseRequest)), switches.values));
  });

  routes.post(`${endpoints.updateKnowledgeBase}/:id`, async (c) => {
    credentials.requireKey(c);
    return c.json(
      success(
        knowledgeBases.update(c.req.param('id'), await readBody(c, KnowledgeBaseRequest)),
        switches.values,
      ),
    );
  });

  return routes;
}
