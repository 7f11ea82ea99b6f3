import { inLine } from './in-line.ts';
import type { AvatarState, SessionState, StreamedEvent } from '@avatar-bridge/contracts';

/** What the page knows of the session it shows. Events only: the page never guesses. */
export type ViewerState = {
  session: SessionState | 'none';
  avatar: AvatarState | undefined;
  /** Who speaks, or is to speak next. */
  provider: string | undefined;
  /** Messages accepted and not yet finished. */
  pending: number;
  /** Why it ended, or what it is waiting for, in words. */
  notice: string | undefined;
  log: StreamedEvent[];
};

/** More than anybody scrolls through, and little enough to draw. */
const keptEvents = 400;

export const initialState: ViewerState = {
  session: 'none',
  avatar: undefined,
  provider: undefined,
  pending: 0,
  notice: undefined,
  log: [],
};

export type ViewerAction =
  | { type: 'reset' }
  | { type: 'event'; event: StreamedEvent }
  /** The session's own participant left the room. */
  | { type: 'avatar.left' };

export function nextViewerState(state: ViewerState, action: ViewerAction): ViewerState {
  if (action.type === 'reset') return initialState;
  // What is sent to the room last can be lost with its sender: nobody is left to tell that it is over.
  if (action.type === 'avatar.left')
    return state.session === 'stopping' ? { ...state, ...ended('The session is closed') } : state;
  const { event } = action;
  const next = { ...state, log: [...state.log, event].slice(-keptEvents) };
  switch (event.type) {
    case 'reset':
      return {
        ...next,
        session: event.snapshot.state,
        provider: event.snapshot.provider,
        pending: event.snapshot.pending,
      };
    case 'session.queued':
    case 'session.position':
      return { ...next, session: 'queued', notice: `Waiting for a free avatar: ${inLine(event.position)}` };
    case 'session.starting':
      return { ...next, session: 'starting', notice: 'The avatar is on its way' };
    case 'session.live':
      return { ...next, session: 'live', notice: undefined };
    case 'session.recovering':
      return { ...next, session: 'recovering', notice: 'The avatar was lost and is coming back' };
    case 'session.parked':
      return {
        ...next,
        session: 'parked',
        avatar: undefined,
        notice: 'The avatar is away. A message brings it back',
      };
    case 'session.stopping':
      return { ...next, session: 'stopping', notice: 'Closing' };
    case 'session.ended':
      return { ...next, ...ended(event.outcome === 'failed' ? event.message : 'The session is closed') };
    case 'vendor.opened':
      return { ...next, provider: event.provider };
    case 'message.speaking':
      return { ...next, provider: event.provider ?? state.provider };
    case 'provider.changed':
      return { ...next, provider: event.to };
    case 'avatar.state':
      return { ...next, avatar: event.state };
    case 'message.accepted':
      return { ...next, pending: state.pending + 1 };
    case 'message.spoken':
    case 'message.interrupted':
    case 'message.expired':
    case 'message.failed':
    case 'message.dropped':
      return { ...next, pending: Math.max(0, state.pending - 1) };
    default:
      return next;
  }
}

function ended(notice: string): Pick<ViewerState, 'session' | 'avatar' | 'pending' | 'notice'> {
  return { session: 'ended', avatar: undefined, pending: 0, notice };
}

export type PageActivity = {
  /** A request is under way. */
  busy: boolean;
  text: string;
};
export type EnabledControls = { start: boolean; close: boolean; speak: boolean; interrupt: boolean };

/**
 * A control is enabled only when using it would do something. Texts wait in the mailbox, so they are taken
 * before the avatar is up.
 */
export function enabledControls(state: ViewerState, { busy, text }: PageActivity): EnabledControls {
  const open = state.session !== 'none' && state.session !== 'ended' && state.session !== 'stopping';
  return {
    start: !busy && state.session === 'ended',
    close: !busy && open,
    speak: !busy && open && text.trim() !== '',
    interrupt: open && state.pending > 0,
  };
}
