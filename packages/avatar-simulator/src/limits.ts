/** What the vendor allows. Seconds, because the vendor counts in them; fractions are fine. */
export type Limits = {
  /** Sessions open at once in the account. The vendor's trial: 3. */
  concurrency: number;
  /** A session ends this long after its start. 600 in every sample seen. */
  sessionDurationLimit: number;
  /**
   * A session ends when nobody spoke to it for this long, unless the request says otherwise. Documented: 120.
   */
  idleTimeout: number;
  /** A session ends when its client hasn't joined the room by then. Seen: 300. */
  clientJoinTimeout: number;
  /** A token is refused after this. Not documented; users saw 401 exactly one hour after the start. */
  tokenLifetime: number;
  /** With silence_response, the user is silent after this. Not documented. */
  silenceAfter: number;
};

export const defaultLimits: Limits = {
  concurrency: 20,
  sessionDurationLimit: 600,
  idleTimeout: 120,
  clientJoinTimeout: 300,
  tokenLifetime: 3_600,
  silenceAfter: 10,
};

/** What the double itself keeps at most, so that its memory is bounded. */
export const bounds = {
  endedSessions: 5_000,
  /** Over all sessions; the oldest ended sessions are forgotten first. */
  tasks: 50_000,
  tasksPerSession: 10_000,
  /** Tasks waiting in one session; more are refused. */
  waitingTasks: 500,
  /** Characters of a text of FULL mode; the vendor's own limit is not known. */
  textLength: 10_000,
  /** Room messages of one session that the connection hasn't taken yet; more are lost. */
  unsentMessages: 2_000,
  /** Sound of one session that was not said yet, ms; more is refused. */
  soundMs: 600_000,
  socketsPerSession: 8,
  requests: 20_000,
  tokens: 10_000,
  faults: 100,
  knowledgeBases: 200,
  contexts: 200,
} as const;
