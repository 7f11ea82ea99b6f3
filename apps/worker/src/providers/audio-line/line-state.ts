/** All times are ms of a monotonic clock, durations ms of sound. */
export type LineUtterance = {
  id: string;
  /** Where it begins in the run's sound. */
  fromMs: number;
  soundMs: number;
  /** All of its sound was handed over. */
  complete: boolean;
  /** Heard by now, as far as anybody knows. */
  begun: boolean;
  /** The player itself said when. */
  confirmed?: true;
};

/**
 * What whoever plays our sound (a vendor, or the relay) is doing. A run is sound without a rest: utterances one after
 * another. `playsUntil` is when all that was handed over will have been played.
 */
export type LineState =
  | { name: 'silent' }
  /** Told to be silent; sound that comes now might be thrown away with the old. */
  | { name: 'clearing'; until: number }
  | {
      name: 'speaking';
      utterances: readonly LineUtterance[];
      sentMs: number;
      playsUntil: number;
      /** Since the first sign of it; nothing is taken for heard before. */
      startedAt?: number;
      cutShort?: true;
    };

type Speaking = Extract<LineState, { name: 'speaking' }>;

export type LineEvent = { at: number } & (
  | { type: 'sent'; id: string; soundMs: number }
  | { type: 'completed'; id: string }
  /** The player says so; without an id: of whatever it is playing. */
  | { type: 'started'; id?: string }
  | { type: 'ended'; id?: string }
  | { type: 'interrupted' }
  /** The player has thrown away what it held. */
  | { type: 'cleared' }
  /** Time has passed. */
  | { type: 'looked' }
);

export type LineFact =
  | { type: 'started'; id: string }
  /** Played to its end; never told of what never started. */
  | { type: 'ended'; id: string }
  | { type: 'interrupted'; id: string; heardMs: number }
  /** The player fell silent although it holds `missingMs` of sound. */
  | { type: 'cut-short'; missingMs: number };

export type LineTiming = {
  /** How long after the last sound should have been played an end without a sign is believed, ms. */
  endGraceMs: number;
  /** How long a player may take to throw away what it holds, ms. */
  clearBoundMs: number;
};

/** An end that leaves out less than this is a matter of clocks, ms, or this part of an utterance. */
const tolerated = { ms: 1_000, part: 0.4 };

/** An unnamed end this soon after an utterance's beginning is the end of the one before, ms. */
const justBegunMs = 300;

export const silent: LineState = { name: 'silent' };

export function next(
  state: LineState,
  event: LineEvent,
  timing: LineTiming,
): { state: LineState; facts: LineFact[] } {
  switch (state.name) {
    case 'silent':
      return event.type === 'sent' ? only(begin(event)) : only(state);
    case 'clearing':
      if (event.type === 'cleared' || event.type === 'ended') return only(silent);
      if (event.type === 'sent') return only(begin(event));
      return only(event.type === 'looked' && event.at >= state.until ? silent : state);
    case 'speaking':
      return whileSpeaking(state, event, timing);
  }
}

/** How much of the run has been played at `at`, ms. */
export function positionAt(state: LineState, at: number): number {
  return state.name === 'speaking' ? state.sentMs - Math.max(0, state.playsUntil - at) : 0;
}

/** How much sound the player holds at `at`, ms. */
export function aheadAt(state: LineState, at: number): number {
  return state.name === 'speaking' ? Math.max(0, state.playsUntil - at) : 0;
}

function begin({ id, soundMs, at }: Extract<LineEvent, { type: 'sent' }>): LineState {
  const first: LineUtterance = { id, fromMs: 0, soundMs, complete: false, begun: false };
  return { name: 'speaking', utterances: [first], sentMs: soundMs, playsUntil: at + soundMs };
}

function whileSpeaking(
  state: Speaking,
  event: LineEvent,
  timing: LineTiming,
): { state: LineState; facts: LineFact[] } {
  const { at } = event;
  switch (event.type) {
    case 'sent':
      return only({
        ...state,
        utterances: lengthened(state, event),
        sentMs: state.sentMs + event.soundMs,
        playsUntil: Math.max(state.playsUntil, at) + event.soundMs,
      });
    case 'completed':
      return only({
        ...state,
        utterances: state.utterances.map((one) => (one.id === event.id ? { ...one, complete: true } : one)),
      });
    case 'started':
      return started(state, event);
    case 'ended':
      return ended(state, event);
    case 'interrupted':
      return {
        state: { name: 'clearing', until: at + timing.clearBoundMs },
        facts: state.utterances.map(({ id, fromMs, soundMs }) => ({
          type: 'interrupted',
          id,
          heardMs:
            state.startedAt === undefined
              ? 0
              : Math.min(soundMs, Math.max(0, positionAt(state, at) - fromMs)),
        })),
      };
    case 'cleared':
      return only(state);
    case 'looked':
      return looked(state, at, timing);
  }
}

function lengthened(
  { utterances, sentMs }: Speaking,
  { id, soundMs }: Extract<LineEvent, { type: 'sent' }>,
): LineUtterance[] {
  const last = utterances.at(-1);
  if (last?.id === id) return [...utterances.slice(0, -1), { ...last, soundMs: last.soundMs + soundMs }];
  return [...utterances, { id, fromMs: sentMs, soundMs, complete: false, begun: false }];
}

/** The player began later than the sound was sent: what it holds lasts as much longer. */
function started(
  state: Speaking,
  { id, at }: { id?: string; at: number },
): { state: LineState; facts: LineFact[] } {
  const named = id === undefined ? undefined : state.utterances.find((one) => one.id === id);
  if (id !== undefined && !named) return only(state);
  if (named?.confirmed || (!named && state.startedAt !== undefined)) return only(state);
  const fromMs = (named ?? state.utterances[0])?.fromMs ?? 0;
  const corrected: Speaking = {
    ...state,
    utterances: state.utterances.map((one) => (one === named ? { ...one, confirmed: true } : one)),
    startedAt: state.startedAt ?? at,
    playsUntil: Math.max(state.playsUntil, at + state.sentMs - fromMs),
  };
  return progressed(corrected, fromMs);
}

function ended(
  state: Speaking,
  { id, at }: { id?: string; at: number },
): { state: LineState; facts: LineFact[] } {
  const position = positionAt(state, at);
  const index =
    id === undefined
      ? state.utterances.findLastIndex(({ fromMs }, i) => i === 0 || fromMs + justBegunMs < position)
      : state.utterances.findIndex((one) => one.id === id);
  const current = state.utterances[index];
  // a pause for want of sound, or a stray sign of the run before
  if (!current?.complete || (id === undefined && state.startedAt === undefined)) return only(state);
  const missingMs = missing(current, position);
  if (missingMs > 0) return cutShort({ ...state, startedAt: state.startedAt ?? at }, missingMs);
  const facts: LineFact[] = [];
  for (const { id: over, begun } of state.utterances.slice(0, index + 1)) {
    if (!begun) facts.push({ type: 'started', id: over });
    facts.push({ type: 'ended', id: over });
  }
  return { state: restOf(state, index + 1, at), facts };
}

/** The player has come to a rest: what it holds still is a run of its own. */
function restOf({ utterances, sentMs, startedAt }: Speaking, index: number, at: number): LineState {
  const rest = utterances.slice(index);
  const endMs = rest[0]?.fromMs;
  if (endMs === undefined) return silent;
  return {
    name: 'speaking',
    utterances: rest.map((one) => ({ ...one, fromMs: one.fromMs - endMs })),
    sentMs: sentMs - endMs,
    playsUntil: at + sentMs - endMs,
    ...(rest[0]?.begun && startedAt !== undefined && { startedAt }),
  };
}

function missing({ fromMs, soundMs }: LineUtterance, position: number): number {
  const missingMs = fromMs + soundMs - position;
  return missingMs > Math.max(tolerated.ms, soundMs * tolerated.part) ? missingMs : 0;
}

function cutShort(state: Speaking, missingMs: number): { state: LineState; facts: LineFact[] } {
  return state.cutShort
    ? only(state)
    : { state: { ...state, cutShort: true }, facts: [{ type: 'cut-short', missingMs }] };
}

function looked(
  state: Speaking,
  at: number,
  { endGraceMs }: LineTiming,
): { state: LineState; facts: LineFact[] } {
  const over = state.utterances.every(({ complete }) => complete) && at >= state.playsUntil + endGraceMs;
  if (state.startedAt === undefined) return only(over ? silent : state);
  return over ? progressed(state, state.sentMs, true) : progressed(state, positionAt(state, at));
}

/** Begins and ends what the position has passed. The last utterance ends only when `last` says so. */
function progressed(
  state: Speaking,
  position: number,
  last = false,
): { state: LineState; facts: LineFact[] } {
  const facts: LineFact[] = [];
  const open: LineUtterance[] = [];
  for (const [index, utterance] of state.utterances.entries()) {
    const { id, fromMs, soundMs, complete } = utterance;
    const begun = utterance.begun || fromMs <= position;
    if (begun && !utterance.begun) facts.push({ type: 'started', id });
    const isLast = index === state.utterances.length - 1;
    if (complete && fromMs + soundMs <= position && (last || !isLast)) facts.push({ type: 'ended', id });
    else open.push({ ...utterance, begun });
  }
  return { state: open.length > 0 ? { ...state, utterances: open } : silent, facts };
}

function only(state: LineState): { state: LineState; facts: LineFact[] } {
  return { state, facts: [] };
}
