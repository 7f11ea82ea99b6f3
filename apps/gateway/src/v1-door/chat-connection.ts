import type { StreamedEvent } from '@avatar-bridge/contracts';
import type { SocketEvent } from '@avatar-bridge/heygen-client';
import type { WebSocket } from 'ws';
import type { Farewell } from '../events/listeners.ts';
import { SocketListener, type SocketListenerOptions } from '../socket/socket-listener.ts';

export type ChatConnectionOptions = Omit<SocketListenerOptions, 'expiresAt'> & {
  /** Takes one binary frame. Never throws. */
  hear: (frame: Uint8Array) => Promise<void>;
};

/** A client of `/v1/ws/streaming.chat`: what the user does goes out, texts and sound come in. */
export class ChatConnection extends SocketListener {
  constructor(socket: WebSocket, { hear, ...options }: ChatConnectionOptions) {
    // A token that opened a session is good for as long as the session is.
    super(socket, { ...options, expiresAt: undefined });
    socket.on('message', (data, binary) => {
      // v1's clients send nothing else.
      if (binary && data instanceof Buffer) void this.handle(() => hear(data));
    });
  }

  send(event: StreamedEvent): void {
    const told = socketEventOf(event);
    if (told) this.write(JSON.stringify(told));
  }

  protected farewell(why: Farewell): string {
    return why === 'ended' ? 'session closed' : why;
  }
}

/** What v1's socket tells of an event; undefined: nothing. */
function socketEventOf(event: StreamedEvent): SocketEvent | undefined {
  switch (event.type) {
    case 'user.started':
      return { event_type: 'user_start' };
    case 'user.stopped':
      return { event_type: 'user_stop' };
    case 'user.silent':
      return { event_type: 'user_silence', silence_times: event.silenceTimes, count_down: event.countDown };
    default:
      return undefined;
  }
}
