import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { z } from 'zod';

/** Answered as application/problem+json (RFC 9457). */
export class Problem extends Error {
  override name = 'Problem';
  readonly status: ContentfulStatusCode;
  readonly title: string;
  constructor(status: ContentfulStatusCode, title: string, detail: string) {
    super(detail);
    this.status = status;
    this.title = title;
  }
}

export function problemAnswer(c: Context, problem: Problem): Response {
  const { status, title, message: detail } = problem;
  return c.body(JSON.stringify({ type: 'about:blank', title, status, detail }), status, {
    'content-type': 'application/problem+json',
  });
}

/**
 * The JSON body of an admin request. The content type is required: without it a foreign page could order
 * faults from a browser.
 */
export async function readOrder<T extends z.ZodType>(c: Context, schema: T): Promise<z.output<T>> {
  if (!/^application\/json\b/i.test(c.req.header('content-type') ?? '')) {
    throw new Problem(415, 'Unsupported media type', 'The content type must be application/json');
  }
  let json: unknown;
  try {
    json = await c.req.json();
  } catch {
    throw new Problem(400, 'Bad request', 'The body is not JSON');
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  throw new Problem(400, 'Bad request', z.prettifyError(result.error));
}
