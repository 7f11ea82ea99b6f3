import { isRtcp, type Listeners, type SubscribedTrack } from '../src/index.ts';

export type Heard = { track: SubscribedTrack; packets: number; afterEnd: number };

/** Counts the packets of each subscribed track. */
export function listening(heard: Heard[]): Listeners {
  return {
    trackSubscribed: (track) => {
      const one: Heard = { track, packets: 0, afterEnd: 0 };
      heard.push(one);
      track.onPacket = (packet) => {
        if (isRtcp(packet)) return;
        one.packets++;
        if (track.closed) one.afterEnd++;
      };
    },
  };
}

export const flows = (heard: Heard[], name: string, packets = 20): boolean =>
  heard.some((one) => one.track.info.name === name && !one.track.closed && one.packets >= packets);

/** To be counted from anew. */
export function forget(heard: Heard[]): void {
  for (const one of heard) one.packets = 0;
}
