import type { Track } from '@livekit/rtc-node';

/**
 * The SDK's client of its native side, which it keeps as a global; there is none before the first room is
 * joined.
 */
function client(): typeof globalThis._ffiClientInstance {
  // oxlint-disable-next-line no-underscore-dangle -- their name
  return globalThis._ffiClientInstance;
}

/** Mutes or unmutes a published track, as its room sees it. The SDK has no call for it. */
export function setTrackMuted(track: Track, muted: boolean): void {
  client()?.request({
    message: { case: 'localTrackMute', value: { trackHandle: track.ffi_handle.handle, mute: muted } },
  });
}

let watched = false;

/** Native code that panicked answers nothing any more; the SDK does not look at it. */
export function watchForPanic(listener: (message: string) => void): void {
  const native = client();
  if (watched || native === undefined) return;
  watched = true;
  native.on('ffi_event', ({ message }) => {
    if (message.case === 'panic') listener(message.value.message ?? '');
  });
}
