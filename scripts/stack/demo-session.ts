export type DemoSession = { id: string; viewerUrl: string };

/** Opens a session to play with and a link to its viewer page, from which it can be spoken to as well. */
export async function createDemoSession(
  gatewayUrl: string,
  chatbotKey: string,
  signal: AbortSignal,
): Promise<DemoSession> {
  const post = async (path: string, body: unknown): Promise<Record<string, unknown>> => {
    const response = await fetch(gatewayUrl + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${chatbotKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal,
    });
    const answer = (await response.json()) as Record<string, unknown>;
    if (!response.ok)
      throw new Error(`POST ${path} answered ${response.status}: ${String(answer['detail'])}`);
    return answer;
  };
  const session = await post('/v1/sessions', {
    metadata: { purpose: 'demo' },
    // Some providers answer `talk` only when they are told from what.
    avatar: { knowledgeBase: 'You are Ada, the avatar of a demonstration. You answer briefly.' },
  });
  const id = String(session['id']);
  const access = await post(`/v1/sessions/${id}/viewers`, {
    control: ['say', 'interrupt', 'stop', 'restart'],
  });
  return { id, viewerUrl: String(access['link']) };
}
