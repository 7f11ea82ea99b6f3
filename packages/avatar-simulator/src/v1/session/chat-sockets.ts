import type { SocketEvent } from '@avatar-bridge/heygen-client';
import type { JsonSocket } from '../../http/json-socket.ts';
import { bounds } from '../../limits.ts';
import type { Switches } from '../../switches.ts';
import { VendorFailure } from '../http/vendor-failure.ts';

/** The sockets of one session at /v1/ws/streaming.chat. */
export class ChatSockets {
  readonly #switches: Switches;
  readonly #open = new Set<JsonSocket>();

  constructor(switches: Switches) {
    this.#switches = switches;
  }

  add(socket: JsonSocket): void {
    if (this.#open.size >= bounds.socketsPerSession) throw VendorFailure.invalid('too many sockets');
    this.#open.add(socket);
  }

  remove(socket: JsonSocket): void {
    this.#open.delete(socket);
  }

  /** Sent to all, keyed as the switch says. */
  tell({ event_type: type, ...rest }: SocketEvent): void {
    const payload = { [this.#switches.values.socketEventKey]: type, ...rest };
    for (const socket of this.#open) socket.send(payload);
  }

  /** Closes all; returns how many there were. */
  close(code: number, reason: string): number {
    const sockets = [...this.#open];
    for (const socket of sockets) socket.close(code, reason);
    return sockets.length;
  }
}
