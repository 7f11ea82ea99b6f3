import { parseVendorEvent, type VendorEvent as HeyGenEvent } from '@avatar-bridge/heygen-client';
import type { VendorEvent } from '../vendor-event.ts';
import { Captions } from './captions.ts';

/** Turns what one HeyGen session says into the events all vendors share. */
export class Normaliser {
  readonly #captions = new Captions();

  /** The events in a data packet of the room; none for what is no event. */
  fromRoom(payload: string, at: number): VendorEvent[] {
    const event = parseVendorEvent(payload);
    return event ? this.#read(event, 'room', at) : [];
  }

  fromSocket(event: HeyGenEvent, at: number): VendorEvent[] {
    return this.#read(event, 'socket', at);
  }

  #read(event: HeyGenEvent, source: 'room' | 'socket', at: number): VendorEvent[] {
    const name = event.type === 'unknown' ? event.name : event.type;
    const meaning = this.#meaning(event, at).filter((meant) => meant !== undefined);
    return [{ type: 'raw', source, name, payload: event.raw }, ...meaning];
  }

  #meaning(event: HeyGenEvent, at: number): (VendorEvent | undefined)[] {
    const task = 'taskId' in event && event.taskId !== undefined ? { taskId: event.taskId } : {};
    switch (event.type) {
      case 'avatar_start_talking':
        return [{ type: 'speech.started', ...task, at }];
      case 'avatar_stop_talking':
        // The end message may be lost, and after an interrupt none may come.
        return [this.#captions.finish('avatar', event.taskId), { type: 'speech.ended', ...task, at }];
      case 'avatar_talking_message':
        return [this.#captions.grow('avatar', event.taskId, event.message)];
      case 'avatar_end_message':
        return [this.#captions.finish('avatar', event.taskId)];
      case 'user_talking_message':
        return [this.#captions.grow('user', event.taskId, event.message)];
      case 'user_end_message':
        return [this.#captions.finish('user', event.taskId)];
      case 'user_start':
        return [{ type: 'user.started' }];
      case 'user_stop':
        return [{ type: 'user.stopped' }];
      case 'user_silence': {
        const { silenceTimes, countDown } = event;
        return [
          {
            type: 'user.silent',
            ...(silenceTimes !== undefined && { silenceTimes }),
            ...(countDown !== undefined && { countDown }),
          },
        ];
      }
      case 'unknown':
        return [];
    }
  }
}
