import type { Metrics } from '../metrics.ts';
import type { VendorEvent } from '../providers/vendor-event.ts';
import type { Captions } from '../speech/captions.ts';
import type { Speaker } from '../speech/speaker.ts';
import type { Journal } from './journal.ts';

export type VendorEventParts = {
  journal: Pick<Journal, 'append'>;
  speaker: Pick<Speaker, 'handle' | 'messageOf'>;
  captions: Pick<Captions, 'update'>;
  metrics: Pick<Metrics, 'vendorCredits'>;
  keepVendorEvents: boolean;
  /** Names the provider in use. */
  provider: () => string;
};

/** Takes what a vendor session says to those whom it concerns. */
export function handleVendorEvent(event: VendorEvent, parts: VendorEventParts): void {
  const { captions, journal, metrics, speaker } = parts;
  switch (event.type) {
    case 'raw': {
      if (!parts.keepVendorEvents) return;
      const { name, payload, source } = event;
      return journal.append({ type: 'vendor.event', source, name, payload });
    }
    case 'speech.started':
    case 'speech.ended':
      return speaker.handle(event);
    case 'caption':
      return captions.update(event, event.taskId === undefined ? undefined : speaker.messageOf(event.taskId));
    case 'user.started':
    case 'user.stopped':
    case 'user.silent':
      return journal.append(event);
    case 'credits': {
      const { remaining, low } = event;
      const provider = parts.provider();
      metrics.vendorCredits(provider, remaining);
      return journal.append({ type: 'vendor.credits', provider, remaining, low });
    }
    case 'closed':
  }
}
