import type { App } from './parts.ts';

const info = {
  title: 'avatar-bridge',
  version: '1',
  description:
    'A chatbot posts text, an avatar speaks it, viewers watch in your own LiveKit room. Times are epoch ms, durations ms. ' +
    'Every error is application/problem+json (RFC 9457).',
};

/** Serves the description of all routes that have one. */
export function addOpenApi(app: App): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'key', {
    type: 'http',
    scheme: 'bearer',
    description:
      'An API key with the role chatbot or operator, or a ticket of the viewers route for what its grants name',
  });
  let document: string | undefined;
  app.get('/openapi.json', (c) => {
    document ??= JSON.stringify(app.getOpenAPI31Document({ openapi: '3.1.0', info }));
    return c.body(document, 200, { 'content-type': 'application/json' });
  });
}
