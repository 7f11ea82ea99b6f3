import { once } from 'node:events';
import type { SocketResponse, StreamedEvent } from '@avatar-bridge/contracts';
import { WebSocket, type ClientOptions } from 'ws';
import { chatbotKey } from './gateway.ts';

export type TestSocket = {
  socket: WebSocket;
  /** All events so far. */
  events: StreamedEvent[];
  /** All answers and errors so far. */
  answers: Exclude<SocketResponse, { type: 'event' }>[];
  closed: Promise<{ code: number; reason: string }>;
  send: (request: unknown) => void;
  /** Waits for the answer or error with this id. */
  answer: (id: string | null) => Promise<Exclude<SocketResponse, { type: 'event' }>>;
  /** Waits until the condition holds, looking whenever something came. */
  until: (condition: () => boolean) => Promise<void>;
};

type Options = ClientOptions & { after?: string; protocols?: string[] };

/** Opens a session's socket as a backend does, and waits until it is open. */
export async function openSocket(
  url: string,
  sessionId: string,
  { after, protocols = [], ...options }: Options = {},
): Promise<TestSocket> {
  const query = after === undefined ? '' : `?after=${encodeURIComponent(after)}`;
  const socket = new WebSocket(
    `${url.replace('http', 'ws')}/v1/sessions/${sessionId}/socket${query}`,
    protocols,
    {
      headers: { authorization: `Bearer ${chatbotKey}` },
      ...options,
    },
  );
  const events: StreamedEvent[] = [];
  const answers: TestSocket['answers'] = [];
  const closed = Promise.withResolvers<{ code: number; reason: string }>();
  socket.on('close', (code, reason) => closed.resolve({ code, reason: reason.toString() }));
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as SocketResponse;
    if (message.type === 'event') events.push(message.event);
    else answers.push(message);
    socket.emit('looked');
  });
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await once(socket, 'looked');
  };
  const find = (id: string | null) => answers.find((one) => one.id === id);
  await once(socket, 'open');
  return {
    socket,
    events,
    answers,
    closed: closed.promise,
    send: (request) => socket.send(JSON.stringify(request)),
    until,
    answer: async (id) => {
      await until(() => find(id) !== undefined);
      return find(id) as NonNullable<ReturnType<typeof find>>;
    },
  };
}
