import { RoomEvent, type Room, type RoomOptions } from '@livekit/rtc-node';
import { RelayError, RetryableError, TerminalError } from '../../errors.ts';
import type { Side } from '../../errors.ts';
import type { TokenRefreshed } from '../../relay/relay-lifecycle.ts';

export type JoinOptions = {
  url: string;
  token: string;
  side: Side;
  autoSubscribe: boolean;
  tokenRefreshed: TokenRefreshed;
};

/**
 * Joins a room; set listeners before. It cannot be cancelled: whoever does not want it any more waits for it
 * and leaves. Without retries of its own it takes 15 s at most, when there is no path for media.
 */
export async function joinRoom(room: Room, options: JoinOptions): Promise<void> {
  const { url, token, side, autoSubscribe, tokenRefreshed } = options;
  room.on(RoomEvent.TokenRefreshed, () => tokenRefreshed(token, room.token ?? token));
  // `joinRetries` is passed on to the native side, though the type does not know it.
  const roomOptions: RoomOptions & { joinRetries: number } = {
    autoSubscribe,
    dynacast: false,
    joinRetries: 0,
  };
  try {
    await room.connect(url, token, roomOptions);
  } catch (error) {
    throw joinError(error, side);
  }
}

/** The native messages may quote the token, so none of them is passed on. */
export function joinError(error: unknown, side: Side): RelayError {
  const text = error instanceof Error ? error.message : String(error);
  if (/ 401 /.test(text))
    return new TerminalError('unauthorized', `${side}: the server refused the token`, { side });
  if (/ 403 /.test(text)) return new TerminalError('forbidden', `${side}: the server forbids it`, { side });
  if (/ 404 /.test(text))
    return new TerminalError('room-not-found', `${side}: there is no such room`, { side });
  if (/parse the url/.test(text))
    return new TerminalError('invalid-url', `${side}: the address of the server is not a URL`, { side });
  if (/wait_pc_connection/.test(text))
    return new RetryableError('ice-failed', `${side}: joined, but no path for media was found`, { side });
  if (/timed out/.test(text))
    return new RetryableError('timeout', `${side}: the server did not answer in time`, { side });
  return new RetryableError('signal-failed', `${side}: the connection to the server failed`, { side });
}

/** Calls in a room: what fails is told without the native message. */
export async function callRoom<T>(room: Room, side: Side, work: () => Promise<T>): Promise<T> {
  if (!room.isConnected) throw new RetryableError('disconnected', `${side}: not connected`, { side });
  try {
    return await work();
  } catch (error) {
    if (error instanceof RelayError) throw error;
    throw new RetryableError(
      room.isConnected ? 'failed' : 'disconnected',
      `${side}: the room refused a call`,
      { side },
    );
  }
}
