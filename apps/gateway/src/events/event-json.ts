import type { StreamedEvent } from '@avatar-bridge/contracts';

const written = new WeakMap<StreamedEvent, string>();

/** The event as JSON. All listeners of a session get the same object, so it is written once for all of them. */
export function eventJson(event: StreamedEvent): string {
  let json = written.get(event);
  if (json === undefined) {
    json = JSON.stringify(event);
    written.set(event, json);
  }
  return json;
}
