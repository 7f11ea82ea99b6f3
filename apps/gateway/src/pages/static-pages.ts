const page = (title: string, body: string): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="dark light" />
    <link rel="icon" href="data:," />
    <title>${title}</title>
  </head>
  <body>
${body}
  </body>
</html>
`;

/** What a person finds who opens the gateway's address. */
export const landingPage = page(
  'avatar-bridge',
  `    <h1>avatar-bridge</h1>
    <p>A chatbot posts text, an avatar speaks it, everybody watches in your own LiveKit room.</p>
    <ul>
      <li>Chatbots: <code>POST /v1/sessions/{id}/messages</code>; all of it is in <a href="/openapi.json">/openapi.json</a></li>
      <li>Viewers: open the link that <code>POST /v1/sessions/{id}/viewers</code> answers with</li>
      <li>Operators: <a href="/operators">/operators</a></li>
      <li>Machines: <a href="/healthz">/healthz</a>, <a href="/readyz">/readyz</a>, <a href="/metrics">/metrics</a></li>
    </ul>`,
);

/** Shown in place of pages that have not been built. */
export const notBuiltPage = page(
  'The pages are not built',
  `    <h1>The pages are not built</h1>
    <p>Run <code>pnpm build</code>, then reload. The API works without them.</p>`,
);
