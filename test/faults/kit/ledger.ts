import type { Interrupted, Posted } from './chatbot.ts';
import { partsIn, type Part } from './texts.ts';

/** A text that the avatar was given, as the vendor has it. Times are epoch ms. */
export type Said = {
  vendorSession: string;
  text: string;
  startedAt?: number;
  stoppedAt?: number;
  interruptedAt?: number;
};

/** What the API says of a message. */
export type Told = { id: string; state: string; reason?: string };

export type Accounts = {
  posted: Posted[];
  interrupts: Interrupted[];
  told: Told[];
  said: Said[];
  /** Whether the stage had sound from one moment to another. */
  heard(session: number, from: number, to: number): boolean;
  /** Moments at which Redis was killed: what it acknowledged in the second before may be lost with it. */
  redisKilledAt?: number[];
};

export type Ledger = {
  accepted: number;
  spoken: number;
  interrupted: number;
  lost: number;
  doubled: number;
  swapped: number;
  /** Spoken, but for some part of it while the stage had no sound. */
  unheard: number;
  /** Acknowledged within a second before Redis was killed, and gone with it. */
  forgotten: number;
};

export type Finding = { kind: 'lost' | 'doubled' | 'swapped'; session: number; message: number; why: string };

type Saying = Part & { startedAt: number; stoppedAt: number; whole: boolean };

/** What was promised against what the avatar did. */
export function settle(accounts: Accounts): { ledger: Ledger; findings: Finding[] } {
  const findings: Finding[] = [];
  const sayings = sayingsOf(accounts.said);
  const told = new Map(accounts.told.map((message) => [message.id, message]));
  const ledger: Ledger = {
    accepted: 0,
    spoken: 0,
    interrupted: 0,
    lost: 0,
    doubled: 0,
    swapped: 0,
    unheard: 0,
    forgotten: 0,
  };
  for (const posted of accounts.posted) {
    if (posted.ackedAt === undefined) continue;
    ledger.accepted++;
    const end = told.get(posted.id ?? '');
    const mine = sayings.filter((one) => one.whole && isOf(one, posted));
    const parts = Array.from({ length: posted.parts }, (_, part) => part);
    const missing = parts.filter((part) => !mine.some((one) => one.part === part));
    const onStage = (one: Saying): boolean => accounts.heard(one.session, one.startedAt, one.stoppedAt);
    if (missing.length === 0) {
      ledger.spoken++;
      if (!parts.every((part) => mine.some((one) => one.part === part && onStage(one)))) ledger.unheard++;
    } else if (wasInterrupted(posted, accounts.interrupts) && isTakenBack(end)) ledger.interrupted++;
    else if (isAtRisk(posted.ackedAt, accounts.redisKilledAt ?? [])) ledger.forgotten++;
    else {
      const state = end ? `${end.state}${end.reason ? ` (${end.reason})` : ''}` : 'unknown to the API';
      findings.push({
        kind: 'lost',
        session: posted.session,
        message: posted.message,
        why: `part ${missing.join(', ')} of ${posted.parts} was never said to its end (${triesOf(posted, accounts.said)}); it is ${state}`,
      });
    }
  }
  findings.push(...doubled(sayings, accounts), ...swapped(sayings));
  for (const { kind } of findings) ledger[kind]++;
  return { ledger, findings };
}

function sayingsOf(said: Said[]): Saying[] {
  return said
    .flatMap(({ text, startedAt, stoppedAt, interruptedAt }) => {
      if (startedAt === undefined) return [];
      const whole = stoppedAt !== undefined && interruptedAt === undefined;
      const saying = { startedAt, stoppedAt: stoppedAt ?? startedAt, whole };
      return partsIn(text).map((part) => Object.assign(part, saying));
    })
    .toSorted((a, b) => a.startedAt - b.startedAt);
}

/** What the vendor did with a message's texts. */
function triesOf(posted: Posted, said: Said[]): string {
  const tries = said
    .filter(({ text }) => partsIn(text).some((part) => isOf(part, posted)))
    .map(({ vendorSession, startedAt, stoppedAt, interruptedAt }) => {
      const end = interruptedAt === undefined ? 'ended' : 'silenced';
      const at = interruptedAt ?? stoppedAt;
      const how = startedAt === undefined ? 'never begun' : `begun at ${iso(startedAt)}`;
      return `${vendorSession.slice(0, 8)}: ${how}${at === undefined ? '' : `, ${end} at ${iso(at)}`}`;
    });
  return tries.join('; ') || 'the vendor never had it';
}

const iso = (at: number): string => new Date(at).toISOString();

const isOf = (saying: Part, posted: { session: number; message: number }): boolean =>
  saying.session === posted.session && saying.message === posted.message;

/**
 * An interrupt silences what was accepted before it; which of two that were under way at once is first,
 * nobody can say.
 */
const wasInterrupted = (posted: Posted, interrupts: Interrupted[]): boolean =>
  interrupts.some(
    ({ session, by, ackedAt = Number.POSITIVE_INFINITY }) =>
      session === posted.session && by !== posted.message && ackedAt > posted.sentAt,
  );

/** What a message that somebody took back may be. */
const isTakenBack = (end: Told | undefined): boolean =>
  end === undefined || end.state === 'interrupted' || end.state === 'dropped';

const isAtRisk = (ackedAt: number, kills: number[]): boolean =>
  kills.some((at) => ackedAt <= at && at - ackedAt <= 1_000);

/** Said again from the beginning, although viewers had heard it to its end. */
function doubled(sayings: Saying[], accounts: Accounts): Finding[] {
  return sayings.flatMap((saying, index) => {
    const before = sayings
      .slice(0, index)
      .find(
        (one) =>
          isOf(one, saying) &&
          one.part === saying.part &&
          one.whole &&
          accounts.heard(one.session, one.startedAt, one.stoppedAt),
      );
    if (!before) return [];
    const later = Math.round(saying.startedAt - before.stoppedAt);
    return [
      {
        kind: 'doubled' as const,
        session: saying.session,
        message: saying.message,
        why: `part ${saying.part} was heard to its end, and begun again ${later} ms later, at ${iso(saying.startedAt)}`,
      },
    ];
  });
}

/** Begun for the first time after something that was accepted later. */
function swapped(sayings: Saying[]): Finding[] {
  const newest = new Map<number, Part>();
  const begun = new Set<string>();
  return sayings.flatMap((saying) => {
    const name = `${saying.session} ${saying.message} ${saying.part}`;
    if (begun.has(name)) return [];
    begun.add(name);
    const last = newest.get(saying.session);
    if (last === undefined || isBefore(last, saying)) {
      newest.set(saying.session, saying);
      return [];
    }
    const why = `part ${saying.part} was begun after message ${last.message} part ${last.part}`;
    return [{ kind: 'swapped' as const, session: saying.session, message: saying.message, why }];
  });
}

const isBefore = (one: Part, other: Part): boolean =>
  one.message < other.message || (one.message === other.message && one.part < other.part);
