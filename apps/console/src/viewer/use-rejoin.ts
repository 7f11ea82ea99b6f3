import { ConnectionError, ConnectionErrorReason, DisconnectReason } from 'livekit-client';
import { useCallback, useEffect, useState } from 'react';

/**
 * ms before the room is joined again, for the first, second … time in a row; less up to a half, so that not
 * all viewers come at once.
 */
const pauses = [1_000, 2_000, 4_000, 8_000, 15_000];

const never = new Set<DisconnectReason | undefined>([
  DisconnectReason.CLIENT_INITIATED,
  DisconnectReason.DUPLICATE_IDENTITY,
  DisconnectReason.PARTICIPANT_REMOVED,
]);

export type Rejoin = {
  /** Changes whenever the room is to be joined anew. */
  round: number;
  /** What hinders, in words. */
  trouble: string | undefined;
  onConnected: () => void;
  onError: (error: Error) => void;
  onDisconnected: (reason?: DisconnectReason) => void;
};

/**
 * Joins a room again as long as it is shown: the session is not over with its room, which somebody may have
 * deleted, and LiveKit's client gives up on a server after a minute.
 */
export function useRejoin(): Rejoin {
  const [{ round, failures, lost }, setState] = useState({ round: 0, failures: 0, lost: false });
  const [trouble, setTrouble] = useState<string>();
  useEffect(() => {
    if (!lost) return undefined;
    const pause = pauses[Math.min(failures, pauses.length) - 1]! * (1 - Math.random() / 2);
    const timer = setTimeout(() => setState({ round: round + 1, failures, lost: false }), pause);
    return () => clearTimeout(timer);
  }, [round, failures, lost]);

  const again = useCallback(() => {
    setState((before) => (before.lost ? before : { ...before, failures: before.failures + 1, lost: true }));
  }, []);
  const onConnected = useCallback(() => {
    setTrouble(undefined);
    setState((before) => ({ ...before, failures: 0 }));
  }, []);
  const onError = useCallback(
    (error: Error) => {
      setTrouble(whyNotJoined(error));
      if (!isRefusal(error)) again();
    },
    [again],
  );
  const onDisconnected = useCallback(
    (reason?: DisconnectReason) => {
      setTrouble((before) => whyGone(reason) ?? before);
      if (!never.has(reason)) again();
    },
    [again],
  );
  return { round, trouble, onConnected, onError, onDisconnected };
}

/** A room that is not there yet is no refusal. */
function isRefusal(error: Error): boolean {
  return (
    error instanceof ConnectionError &&
    error.reason === ConnectionErrorReason.NotAllowed &&
    error.status !== 404
  );
}

function whyNotJoined(error: Error): string {
  return isRefusal(error)
    ? 'This link has expired. Ask for a new one.'
    : 'The room can’t be reached, trying again';
}

function whyGone(reason: DisconnectReason | undefined): string | undefined {
  switch (reason) {
    case DisconnectReason.CLIENT_INITIATED:
      return undefined;
    case DisconnectReason.DUPLICATE_IDENTITY:
      return 'You are watching in another window';
    case DisconnectReason.PARTICIPANT_REMOVED:
      return 'You were removed from the room';
    default:
      return 'The room was closed, joining it again';
  }
}
