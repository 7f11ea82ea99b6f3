import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { streamSSE } from 'hono/streaming';
import { z } from 'zod';
import { answer } from '../avatar/responder.ts';

const Request = z.object({
  model: z.string().optional(),
  messages: z
    .array(z.object({ role: z.enum(['system', 'developer', 'user', 'assistant']), content: z.string() }))
    .min(1),
  stream: z.boolean().nullish(),
});

/**
 * A language model with OpenAI's `POST /v1/chat/completions`, streamed or not: what answers `talk` where the
 * vendor is given sound. It asks for no key, and gives the answers that the avatars of the other modes give.
 */
export function modelApp(): Hono {
  const app = new Hono();
  app.use(bodyLimit({ maxSize: 1_000_000 }));
  app.post('/v1/chat/completions', async (c) => {
    const parsed = Request.safeParse(await c.req.json().catch(() => undefined));
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const message = `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'is invalid'}`;
      return c.json({ error: { message, type: 'invalid_request_error' } }, 400);
    }
    const { messages, model = 'simulated', stream } = parsed.data;
    const text = messages.findLast(({ role }) => role === 'user')?.content ?? '';
    const prompt = messages.filter(({ role }) => role === 'system' || role === 'developer');
    const content = answer(text, prompt.map((one) => one.content).join('\n'));
    const head = { id: 'chatcmpl-simulated', model, created: Math.floor(Date.now() / 1_000) };
    if (!stream) {
      const choice = { index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' };
      return c.json({ ...head, object: 'chat.completion', choices: [choice] });
    }
    return streamSSE(c, async (events) => {
      for (const piece of content.match(/\S+\s*/g) ?? []) {
        const choice = { index: 0, delta: { content: piece }, finish_reason: null };
        const chunk = { ...head, object: 'chat.completion.chunk', choices: [choice] };
        await events.writeSSE({ data: JSON.stringify(chunk) });
      }
      await events.writeSSE({ data: '[DONE]' });
    });
  });
  return app;
}
