import type { StreamedEvent } from '@avatar-bridge/contracts';
import { chatbotKey } from './gateway.ts';

export type ServerSentEvent = { id: string; event: string; data: StreamedEvent };

export type OpenedEventSource = {
  response: Response;
  /** The events as they come, until the stream ends. Throws when it breaks off. */
  events: AsyncGenerator<ServerSentEvent, void, undefined>;
  /** Everything that came and was no event. */
  comments: string[];
  abort: () => void;
};

/** Opens an event stream as a client without a browser does. */
export async function openEvents(
  url: string,
  sessionId: string,
  options: { after?: string; lastEventId?: string } = {},
): Promise<OpenedEventSource> {
  const leaving = new AbortController();
  const query = options.after === undefined ? '' : `?after=${encodeURIComponent(options.after)}`;
  const response = await fetch(`${url}/v1/sessions/${sessionId}/events${query}`, {
    headers: {
      authorization: `Bearer ${chatbotKey}`,
      ...(options.lastEventId ? { 'last-event-id': options.lastEventId } : {}),
    },
    signal: leaving.signal,
  });
  const comments: string[] = [];
  return { response, comments, events: parse(response, comments), abort: () => leaving.abort() };
}

async function* parse(
  response: Response,
  comments: string[],
): AsyncGenerator<ServerSentEvent, void, undefined> {
  let rest = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = Object.fromEntries(
        block
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      );
      if (fields.data === undefined) comments.push(block);
      else
        yield {
          id: fields.id ?? '',
          event: fields.event ?? '',
          data: JSON.parse(fields.data) as StreamedEvent,
        };
    }
  }
}

/** The next `count` of them. */
export async function take<T>(events: AsyncGenerator<T, void, undefined>, count: number): Promise<T[]> {
  const taken: T[] = [];
  while (taken.length < count) {
    const { value, done } = await events.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}
