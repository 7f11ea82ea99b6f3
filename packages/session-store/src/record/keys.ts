import { MessageState, type SessionId } from '@avatar-bridge/contracts';

/**
 * Every key of a session, under one hash tag, so that one script may use them all on Redis Cluster.
 *
 * - `record` hash: state, owner, counters, settings
 * - `mailbox` stream: commands that may still have to be handled; its name is also the wake-up channel
 * - `events` stream: the event log; its name is also the channel of new entries
 * - `messages` hash: fields `<message id>:<name>`
 * - `accepted` … `dropped` sorted sets: the messages in that state by `seq`
 * - `idempotency` hash: hash of a message's Idempotency-Key -> what was answered
 * - `interrupts` list: the newest interrupts' Idempotency-Keys and what was answered
 */
export const sessionKeyNames = [
  'record',
  'mailbox',
  'events',
  'messages',
  'idempotency',
  'interrupts',
  ...MessageState.options,
] as const;
export type SessionKeyName = (typeof sessionKeyNames)[number];
export type SessionKeys = Readonly<Record<SessionKeyName, string>>;

/**
 * The keys of an account, under one hash tag.
 *
 * - `sessions` sorted set, all scores 0: ids of all sessions not yet forgotten; ids sort by creation time
 * - `open` sorted set, all scores 0: ids of sessions that have not ended
 * - `waiting` sorted set: sessions that wait for their first slot, by when they have waited too long, epoch
 *   ms
 * - `slotHolders` hash: sessions that hold a slot -> since when, epoch ms
 * - `toldPositions` hash: sessions that wait for their first slot -> the position that they were told last
 * - `averageHeldMs` string: how long sessions have held their slots lately, on average
 * - `parked` hash: ids of parked sessions, and perhaps of some that were lately -> their rooms
 * - `vendorSessions` hash: `<provider> <vendor session id>` -> what is needed to stop it
 * - `slotReservations` sorted set: sessions that are about to open a second vendor session, by when that
 *   lapses, epoch ms
 * - `accountReservations` hash: sessions that are about to open a vendor session -> when that lapses, epoch
 *   ms, and by which vendor account
 * - `poolKeepers` sorted set: workers that keep vendor sessions ready -> when they last said so, epoch ms
 * - `billedMs` string: how long all vendor sessions were open that were stopped
 * - `billedMsByKey` hash: an API key's name -> how long those of its sessions were
 * - `providers` hash that expires: worker -> what it offers, and when it said so
 * - `idleDeadlines` sorted set: sessions of the v1 door by the time at which they are idle, epoch ms
 * - `ready` string, 1 s: the readiness probe's
 */
export type AccountKeys = Readonly<
  Record<
    | 'sessions'
    | 'open'
    | 'waiting'
    | 'slotHolders'
    | 'toldPositions'
    | 'averageHeldMs'
    | 'parked'
    | 'vendorSessions'
    | 'slotReservations'
    | 'accountReservations'
    | 'poolKeepers'
    | 'billedMs'
    | 'billedMsByKey'
    | 'providers'
    | 'idleDeadlines'
    | 'ready',
    string
  >
>;

export class Keys {
  readonly account: AccountKeys;
  readonly queueName: string;
  /** BullMQ puts it before `:<queue name>:…`; its hash tag keeps the queue in one slot. */
  readonly queuePrefix: string;
  readonly #name: string;

  constructor(account: string) {
    if (!/^[\w.-]{1,64}$/.test(account))
      throw new TypeError('account must be 1 to 64 letters, digits or . _ -');
    this.#name = account;
    this.queuePrefix = `ab:{${account}}`;
    this.queueName = `sessions-${account}`;
    this.account = {
      sessions: `${this.queuePrefix}:sessions`,
      open: `${this.queuePrefix}:open`,
      waiting: `${this.queuePrefix}:waiting`,
      slotHolders: `${this.queuePrefix}:slot-holders`,
      toldPositions: `${this.queuePrefix}:told-positions`,
      averageHeldMs: `${this.queuePrefix}:average-held-ms`,
      parked: `${this.queuePrefix}:parked`,
      vendorSessions: `${this.queuePrefix}:vendor-sessions`,
      slotReservations: `${this.queuePrefix}:slot-reservations`,
      accountReservations: `${this.queuePrefix}:account-reservations`,
      poolKeepers: `${this.queuePrefix}:pool-keepers`,
      billedMs: `${this.queuePrefix}:billed-ms`,
      billedMsByKey: `${this.queuePrefix}:billed-ms-by-key`,
      providers: `${this.queuePrefix}:providers`,
      idleDeadlines: `${this.queuePrefix}:idle-deadlines`,
      ready: `${this.queuePrefix}:ready`,
    };
  }

  session(id: SessionId): SessionKeys {
    const prefix = `ab:${this.#name}:{${id}}:`;
    return Object.fromEntries(sessionKeyNames.map((name) => [name, prefix + name])) as SessionKeys;
  }

  /** String that expires: the session that a session token of the v1 door opened. */
  v1Token = (tokenId: string): string => `${this.queuePrefix}:v1-token:${tokenId}`;
  /** String that expires: the token that opened a session. */
  v1Session = (id: SessionId): string => `${this.queuePrefix}:v1-session:${id}`;

  /** String that expires: what `createSession` answered to an Idempotency-Key. */
  idempotency(hash: string): string {
    return `${this.queuePrefix}:idempotency:${hash}`;
  }
}
