import type { SocketResponse, StreamedEvent } from '@avatar-bridge/contracts';
import type { WebSocket } from 'ws';
import { eventJson } from '../events/event-json.ts';
import type { Farewell } from '../events/listeners.ts';
import { SocketListener, type SocketListenerOptions } from './socket-listener.ts';

export type SocketConnectionOptions = SocketListenerOptions & {
  /** Answers one request. Never throws. */
  answer: (text: string) => Promise<SocketResponse>;
};

const farewells: Record<Farewell, string> = {
  ended: 'the session has ended',
  goingAway: 'going away: come back with ?after= the last id',
  refused: 'send text frames only',
  ticketExpired: 'the ticket has expired: come back with a new one',
  slowReader: 'too slow: come back with ?after= the last id',
  failed: 'failed: come back with ?after= the last id',
};

/** A session's WebSocket: events out, requests in, each answered by its own id. */
export class SocketConnection extends SocketListener {
  constructor(socket: WebSocket, { answer, ...options }: SocketConnectionOptions) {
    super(socket, options);
    socket.on('message', (data, binary) => {
      if (binary) return this.close('refused');
      void this.handle(async () => {
        const answered = await answer((data as Buffer).toString());
        if (!this.left.aborted) this.write(JSON.stringify(answered));
      });
    });
  }

  send(event: StreamedEvent): void {
    this.write(`{"type":"event","event":${eventJson(event)}}`);
  }

  protected farewell(why: Farewell): string {
    return farewells[why];
  }
}
