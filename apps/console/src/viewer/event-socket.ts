import type { SocketResponse, StreamedEvent } from '@avatar-bridge/contracts';
import { type BridgeApi, BridgeError } from './bridge-api.ts';

export type EventSocketListeners = {
  onEvent: (event: StreamedEvent) => void;
  onConnection: (connected: boolean) => void;
  /** Trying again is senseless: the ticket holds no longer, or there is no such session. */
  onRefused: (error: BridgeError) => void;
};

/**
 * Follows a session's event log from its beginning and stays on it: after a lost connection it goes on behind the last
 * event it saw. Ends with `session.ended`, with a refusal, or when the returned function is called.
 */
export function followEvents(
  api: BridgeApi,
  sessionId: string,
  { onEvent, onConnection, onRefused }: EventSocketListeners,
): () => void {
  let last = '0-0';
  let attempt = 0;
  let socket: WebSocket | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let done = false;

  const connect = (): void => {
    const { url, protocols } = api.socket(sessionId, last);
    socket = new WebSocket(url, protocols);
    socket.addEventListener('open', () => {
      attempt = 0;
      onConnection(true);
    });
    socket.addEventListener('message', ({ data }) => {
      const message = JSON.parse(String(data)) as SocketResponse;
      if (message.type !== 'event') return;
      last = message.event.id;
      onEvent(message.event);
      if (message.event.type === 'session.ended') stop();
    });
    socket.addEventListener('close', () => {
      if (done) return;
      onConnection(false);
      void reconnect();
    });
  };
  /** A browser doesn't say why a socket was refused, so the API is asked. */
  const reconnect = async (): Promise<void> => {
    const refusal = await api.session(sessionId).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (done) return;
    if (refusal instanceof BridgeError && [401, 403, 404].includes(refusal.status)) {
      stop();
      onRefused(refusal);
    } else timer = setTimeout(connect, Math.min(250 * 2 ** attempt++, 5_000));
  };
  const stop = (): void => {
    done = true;
    clearTimeout(timer);
    socket?.close();
  };
  connect();
  return stop;
}
