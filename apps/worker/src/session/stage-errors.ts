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

/** ms by which clocks may differ: LiveKit accepts tokens that are valid from a minute later on. */
const tolerableSkewMs = 45_000;
/** ms that the server is given to tell its time. */
const timeBoundMs = 2_000;

/** What an error of the server's room API means; `url` is the server's, by http. */
export async function stageError(
  error: unknown,
  url: string,
): Promise<StageUnavailableError | StageRefusedError> {
  if (!(error instanceof ServerError)) return unavailable('it does not answer, check LIVEKIT_URL', error);
  if (error.status !== 401 && error.status !== 403)
    return unavailable(`it answered ${error.status}, check LIVEKIT_URL`, error);
  const skewMs = await clockSkewMs(url);
  if (Math.abs(skewMs) > tolerableSkewMs) {
    const seconds = Math.round(Math.abs(skewMs) / 1_000);
    const relation = skewMs > 0 ? 'ahead of' : 'behind';
    return unavailable(
      `this machine's clock is ${seconds} s ${relation} the server's, set them right`,
      error,
    );
  }
  const advice = 'check LIVEKIT_API_KEY and LIVEKIT_API_SECRET';
  return new StageRefusedError(`The stage's LiveKit server refuses the worker's key: ${advice}`, {
    cause: error,
  });
}

function unavailable(why: string, cause: unknown): StageUnavailableError {
  return new StageUnavailableError(`The stage's LiveKit server can't be used: ${why}`, { cause });
}

/** By how much our clock is ahead of the server's, ms; 0 when the server does not tell its time. */
async function clockSkewMs(url: string): Promise<number> {
  try {
    const { headers } = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(timeBoundMs) });
    const at = Date.parse(headers.get('date') ?? '');
    return Number.isNaN(at) ? 0 : Date.now() - at;
  } catch {
    return 0;
  }
}
