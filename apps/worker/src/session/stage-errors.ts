import { ServerError } from 'livekit-server-sdk';

/** The stage's LiveKit server does not answer, or can't serve now; it may later. */
export class StageUnavailableError extends Error {
  override name = 'StageUnavailableError';
  readonly code = 'stage-unavailable';
}

/** The stage's LiveKit server will never let us in, as things are; the message says what to check. */
export class StageRefusedError extends Error {
  override name = 'StageRefusedError';
  readonly code = 'stage-refused';
}

/** What an error of the server's room API means. */
export function stageError(error: unknown): StageUnavailableError | StageRefusedError {
  if (error instanceof ServerError && (error.status === 401 || error.status === 403)) {
    const advice = 'check LIVEKIT_API_KEY and LIVEKIT_API_SECRET';
    return new StageRefusedError(`The stage's LiveKit server refuses the worker's key: ${advice}`, {
      cause: error,
    });
  }
  const why = error instanceof ServerError ? `it answered ${error.status}` : 'it does not answer';
  return new StageUnavailableError(`The stage's LiveKit server can't be used: ${why}, check LIVEKIT_URL`, {
    cause: error,
  });
}
