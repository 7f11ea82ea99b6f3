import 'vitest';

export type ProvidedLivekit = { url: string; apiKey: string; apiSecret: string };

declare module 'vitest' {
  export interface ProvidedContext {
    /** A real Redis that all test files share: use keys of your own. */
    redisUrl: string;
    /** Two real LiveKit servers: the vendor's and the team's. Use rooms of your own. */
    livekit: { vendor: ProvidedLivekit; stage: ProvidedLivekit };
    /** Programs for tests that start servers of their own, to stop and restart them. */
    programs: { redisServer: string; livekitServer: string; chromium: string };
  }
}
