import type {
  EventId,
  MailboxCommand,
  Message,
  MessageId,
  MessageState,
  ProviderName,
  Session,
  SessionEnd,
  SessionEventBody,
  SessionId,
  SessionProvider,
  SessionRequest,
  SessionState,
  VendorSession,
} from '@avatar-bridge/contracts';

/** The part of pino that the store uses: an object and a static text. */
export type Logger = Record<'debug' | 'info' | 'warn' | 'error', (details: object, text: string) => void>;

export type Retention = {
  /** ms that all keys of an ended session are kept; they expire together. Default 6 h. */
  endedSession: number;
  /** Entries that a session's event log keeps, at least; a few more may stay. Default 10,000. */
  events: number;
  /** Bytes that the events of its log hold, as JSON, at most. Default 2 MB. */
  eventBytes: number;
  /** Finished messages that a session keeps, for each final state. Default 2,000. */
  messages: number;
  /** Bytes that they hold together, at most. Default 2 MB. */
  messageBytes: number;
  /**
   * ms that an idempotency key of `createSession` is remembered. Those of messages live as long as their
   * message. Default 24 h.
   */
  idempotency: number;
};

export type StoreOptions = {
  /** redis://, redis+sentinel:// or redis+cluster://, as `parseRedisUrl` in contracts knows them */
  redisUrl: string;
  /** The vendor account whose sessions these are; letters, digits, `.`, `_`, `-`. Default `default`. */
  account?: string;
  retention?: Partial<Retention>;
  /** ms that Redis may take for an answer before a call fails with StoreUnavailableError. Default 5,000. */
  answerWithinMs?: number;
  /** Unfinished messages a session may hold. Default 500. */
  mailboxLimit?: number;
  /** Sessions that may wait for a slot, besides those for which one is free. Default 100. */
  queueLimit?: number;
  logger?: Logger;
};

/** What makes a repeated request recognisable. The key is kept as a hash only. */
export type Idempotency = {
  idempotencyKey?: string;
  /** A hash of the request's body; without it the store hashes the parsed request. */
  bodyHash?: string;
};

/** What a session is opened with: a caller's request, and what the gateway adds. */
export type NewSession = SessionRequest & Pick<Session, 'dialect' | 'key'>;

export type SessionQuery = {
  state?: SessionState;
  /** From the answer before. */
  cursor?: string;
  /** Default 50, at most 200. */
  limit?: number;
};

export type MessageQuery = {
  /** Default: all. */
  states?: readonly MessageState[];
  /** Only messages with a greater `seq`. */
  after?: number;
  /** Default 100, at most 1,000. */
  limit?: number;
};

export type EventQuery = {
  /** The last event already seen. `0`: everything, the default. */
  after?: EventId;
  /** Default 1,000. */
  limit?: number;
};

export type EventStreamOptions = {
  /**
   * The last event already seen. `0`: everything that is kept, the default. `$`: only what comes from now on.
   */
  after?: EventId;
  /** Ends the iteration, without an error. */
  signal?: AbortSignal;
};

/** A vendor account with slots of its own. `providers`: the names of those that use them. */
export type SlotAccount = { id: string; slots: number; providers: readonly string[] };

/**
 * A vendor session that may cost money. `data` is what its provider needs to take it over; no secrets in
 * clear.
 */
export type VendorSessionRef = VendorSession & {
  data?: Record<string, string>;
  /**
   * When it came from the warm pool to the session that has it; what it cost before is not that session's.
   */
  ownedSince?: number;
  /** Its owner could not stop it at once, and does not use it any more. */
  givenUp?: true;
};

/**
 * A vendor session's place in the warm pool. `key`: which sessions can use it. `keeper`: who keeps it alive.
 * `usableUntil`, epoch ms by Redis' clock, is left out while it is being opened or stopped.
 */
export type PoolPlace = { key: string; keeper: string; usableUntil?: number };
export type PooledVendorSession = VendorSessionRef & { pool: PoolPlace };

/**
 * A vendor session that was opened, for a session or the pool, and of which nobody has yet written down that
 * it was stopped.
 */
export type VendorSessionEntry =
  | (VendorSessionRef & {
      sessionId: SessionId;
      epoch: number;
      /** Names the API key that opened the session. */
      key?: string;
      pool?: undefined;
    })
  | (PooledVendorSession & { sessionId?: undefined; key?: undefined });

/**
 * `key`: which vendor session it needs; without one nothing fits. `providers`: those whose pooled vendor
 * sessions may be stopped when there is no slot for its own. `account`: that of the provider in use, if it
 * has slots of its own.
 */
export type PoolRequest = {
  key: string | undefined;
  providers: readonly string[];
  account?: SlotAccount | undefined;
};

/** What a session gets from the warm pool: one to go on with, or one to stop, since its slot is needed. */
export type FromPool = { use: 'take' | 'stop'; ref: VendorSessionRef };

/** A session as its owner sees it. */
export type SessionRecord = Session & {
  /** The last mailbox entry that needs no more reading. `0-0` at first. */
  cursor: string;
  /** Open vendor sessions, oldest first. */
  vendorSessions: VendorSessionRef[];
  worker?: string;
  /** Somebody asked for the end. The mailbox holds a `stop` command, too. */
  stopRequested?: { reason: string; at: number };
};

/** `provider` is the one in use, or tried now. */
export type ProviderChoice = { provider: ProviderName; providers: SessionProvider[] };

export type Utterance = {
  index: number;
  /**
   * Which part of the message's text it is, in characters that are no white space; `to` is not part of it.
   */
  span?: readonly [from: number, to: number];
  /**
   * `submitting`: it may or may not have reached the vendor. `speaking`, `spoken`: the vendor's word for it.
   * `waiting`: the vendor has it no more, and it is to be said again. `skipped`: perhaps not said, and not to
   * be said again.
   */
  state: 'submitting' | 'submitted' | 'speaking' | 'spoken' | 'waiting' | 'skipped';
  /** The epoch that wrote the state. */
  epoch: number;
  /** Since when it is in that state (epoch ms), which may be found out later. */
  at: number;
  taskId?: string;
};

/** An utterance as its owner records it; `at` is now unless it is said. */
export type UtteranceRecord = Omit<Utterance, 'epoch' | 'at'> & { at?: number };

/** A message as its owner sees it; `utterances` by index, each in its newest state. */
export type MessageRecord = Message & { entryId: string; utterances: Utterance[] };

/**
 * A mailbox command and its place in the mailbox. Its times are by this process' monotonic clock
 * (`performance.timeOrigin + performance.now()`), whatever its wall clock says: they can be compared with
 * now.
 */
export type QueuedCommand = MailboxCommand & { entryId: string };

/** The events that say which state a session is in now. */
export type StateChange = Extract<
  SessionEventBody,
  { type: 'session.starting' | 'session.live' | 'session.recovering' | 'session.stopping' }
>;

export type MessagePatch = Partial<
  Pick<
    Message,
    | 'state'
    | 'submittedAt'
    | 'speakingAt'
    | 'finishedAt'
    | 'waitedMs'
    | 'vendorMs'
    | 'firstFrameMs'
    | 'spokenText'
    | 'reason'
  >
>;

export type Lease = {
  readonly sessionId: SessionId;
  /** For `claim`. */
  readonly epoch: number;
  /**
   * ms that the lease is certain to last from now on; 0 while Redis is silent, and when it is over. Ask
   * before doing what can't be taken back.
   */
  remaining(): number;
  /** Aborts with a FencedError when the lease is over, also while it is being handed over. */
  readonly fenced: AbortSignal;
};

export type LeaseOptions = {
  worker: string;
  /** Sessions at a time. */
  capacity: number;
  /** ms a lease lasts without renewal; it is renewed at least every half of it. Default 10,000. */
  lockDuration?: number;
  /** ms between looks for leases that ran out. Default 3,000. */
  stalledInterval?: number;
  /**
   * Asked of each session that is leased, before it counts as one that has begun: false sets it aside for a
   * second, and others go before it. Default: every session may.
   */
  mayBegin?(sessionId: SessionId): Promise<boolean>;
  /** ms that Redis may be silent before leases are given up. Default 300,000. */
  maxSilenceMs?: number;
  /**
   * Works on a session for as long as it lasts. `ended`: the session is over. `released`: another worker
   * shall go on. `parked`: as `OwnedSession.park` wrote down, until somebody needs it. `signal` aborts with a
   * FencedError (stop acting at once) or a CancelledError (hand over soon: the worker drains). A throw counts
   * as a crash: the session is leased again a second later, and ended as failed after 20 of them that came
   * soon after each other.
   */
  run(lease: Lease, signal: AbortSignal): Promise<'ended' | 'released' | 'parked'>;
};

export interface LeaseWorker {
  /** Sessions held now. */
  readonly active: ReadonlySet<SessionId>;
  /** Whether leases can be taken and renewed, as of the last attempt. */
  health(): { ok: boolean; detail: string };
  /**
   * Takes no new leases, asks each `run` to hand over, and waits for them; after `deadline` ms (default
   * 10,000) they are fenced.
   */
  close(reason?: string, options?: { deadline?: number }): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What a dashboard's queue adapter needs of a session's mailbox. */
export interface MailboxQueue {
  readonly sessionId: SessionId;
  counts(): Promise<Record<MessageState, number>>;
  /**
   * Messages in mailbox order, from `start` to `end`, both counted and included; `newestFirst` turns the
   * order round.
   */
  list(query: {
    states: readonly MessageState[];
    start: number;
    end: number;
    newestFirst?: boolean;
  }): Promise<Message[]>;
  get(messageId: MessageId): Promise<Message | undefined>;
}

export type Reconciled = {
  /** Sessions whose lost lease job was put back. */
  requeued: SessionId[];
  /** Sessions that nobody had leased and that were stopped, or had lasted as long as their limits allow. */
  ended: SessionId[];
  /** Sessions that had waited for a slot for too long, and ended. */
  expired: SessionId[];
  /** Parked sessions that were needed, and whose wake-up had been lost. */
  woken: SessionId[];
  /** Index entries of sessions that are forgotten. */
  trimmed: number;
};

/**
 * The right to act for a session. Every call throws FencedError once a later epoch has claimed it,
 * SessionEndedError once it has ended.
 */
export interface OwnedSession {
  readonly id: SessionId;
  readonly epoch: number;
  /** As it was when claimed. */
  readonly record: SessionRecord;
  /** Then, by Redis' clock, epoch ms. */
  readonly claimedAt: number;
  /**
   * The mailbox after the cursor, then each command as it comes; a message that is finished already is left
   * out. It reads ahead of the cursor: keep pulling while an earlier message is spoken, to see `interrupt`
   * and `stop` at once. Waits through outages of Redis. Ends when the signal aborts or the session has ended.
   */
  commands(options?: { signal?: AbortSignal }): AsyncIterable<QueuedCommand>;
  /** Throws UnknownMessageError. */
  message(messageId: MessageId): Promise<MessageRecord>;
  /** Asks Redis whether this is the owner still. Throws as every call does when it is not. */
  verify(): Promise<void>;
  /**
   * For one write (append, setState, setProviders, updateMessage, advance) that is sent again while its
   * answer is missing: it is done once. Writes that this was called for are to be made in the order of the
   * calls.
   */
  once(): OwnedSession;
  /** Returns the events' ids, in order; none if they were written before. */
  append(...events: SessionEventBody[]): Promise<EventId[]>;
  /** Writes the state that the event names, and the event. */
  setState(change: StateChange): Promise<EventId>;
  /**
   * Writes that the session is parked. A command that came into its mailbox after the entry `seen` wakes it
   * as soon as its lease is given up, as does every later one.
   */
  park(event: Extract<SessionEventBody, { type: 'session.parked' }>, seen: string): Promise<void>;
  /** Writes which providers the session has and which is in use, and the event. */
  setProviders(
    choice: ProviderChoice,
    event?: Extract<SessionEventBody, { type: 'provider.changed' }>,
  ): Promise<void>;
  /**
   * Write it before the vendor is given the utterance, and after, and when there is evidence of speech.
   * False: the message is finished, don't say it.
   */
  recordUtterance(messageId: MessageId, utterance: UtteranceRecord): Promise<boolean>;
  /**
   * Writes the patch and the event; a final state also frees the place in the mailbox. False: it was finished
   * before, nothing is written.
   */
  updateMessage(messageId: MessageId, patch: MessagePatch, event?: SessionEventBody): Promise<boolean>;
  /**
   * Says that an interrupt was handled, and writes the event. Messages need no such call: `updateMessage`
   * moves the cursor.
   */
  advance(entryId: string, event?: Extract<SessionEventBody, { type: 'interrupt.done' }>): Promise<void>;
  /** Write it before the vendor session is used. */
  openVendorSession(ref: VendorSessionRef): Promise<void>;
  /** Write it after the vendor session was stopped, also when the session has ended since. */
  closeVendorSession(ref: Pick<VendorSessionRef, 'provider' | 'id'>, reason: string): Promise<void>;
  /**
   * Nobody uses it any more, though it could not be stopped yet: the next owner, or the sweep, goes on
   * stopping it.
   */
  giveUpVendorSession(ref: Pick<VendorSessionRef, 'provider' | 'id'>): Promise<void>;
  /**
   * Reserves a slot for a second vendor session beside the one that is open: true when the account has one
   * free. It lapses by itself after 60 s, and is over with `openVendorSession`.
   */
  reserveSlot(): Promise<boolean>;
  /**
   * Reserves a slot of one of several vendor accounts, before a vendor session is opened by it: true when it
   * has one free. `beside`: the session has a vendor session that stays. It lapses by itself after 60 s, and
   * is over with `openVendorSession`.
   */
  reserveInAccount(account: SlotAccount, options?: { beside?: boolean }): Promise<boolean>;
  /** The vendor session for which a slot was reserved will not be opened. */
  releaseSlot(): Promise<void>;
  /**
   * Asks the warm pool for a vendor session, before one is opened. What it gives is this session's from now
   * on; undefined: open one.
   */
  askPool(wanted: PoolRequest): Promise<FromPool | undefined>;
  /** Drops what is unfinished, writes the end and its events, starts the retention time. */
  end(end: SessionEnd): Promise<void>;
}
