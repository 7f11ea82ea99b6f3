import { TrickleRequest, type SignalTarget } from '@livekit/protocol';
import type { ClientMessage } from './signal-connection.ts';

/** A local ICE candidate in the form of the signalling protocol: the JSON of an RTCIceCandidateInit. */
export function trickleMessage(candidate: string, sdpMid: string, target: SignalTarget): ClientMessage {
  const candidateInit = JSON.stringify({ candidate: candidate.replace(/^a=/, ''), sdpMid, sdpMLineIndex: 0 });
  return { case: 'trickle', value: new TrickleRequest({ candidateInit, target }) };
}

/** A candidate from the server, or undefined for its end-of-candidates mark and for what is not JSON. */
export function candidateFrom(
  request: Pick<TrickleRequest, 'candidateInit'>,
): { candidate: string; mid: string } | undefined {
  let init: unknown;
  try {
    init = JSON.parse(request.candidateInit);
  } catch {
    return undefined;
  }
  if (typeof init !== 'object' || init === null || !('candidate' in init)) return undefined;
  const { candidate, sdpMid } = init as { candidate?: unknown; sdpMid?: unknown };
  if (typeof candidate !== 'string' || candidate === '') return undefined;
  return { candidate, mid: typeof sdpMid === 'string' ? sdpMid : '0' };
}
