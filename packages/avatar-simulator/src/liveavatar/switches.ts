import type { Switch } from '../switch.ts';

/** Points on which LiveAvatar is known in two ways. */
export const liveAvatarSwitches = {
  speakSignals: {
    variants: {
      both: 'LITE tells speech by agent.state_updated and by agent.speak_started and the like',
      'state-only': 'agent.state_updated alone',
      'speak-only': 'agent.speak_started, _ended and _interrupted alone',
    },
    source:
      'both: several clients; state-only: a session seen in livekit/agents#7232; speak-only: older plugins',
  },
  sessionEnd: {
    variants: {
      told: 'FULL sends session.stopped, LITE session.state_updated; then the room and the socket are closed',
      untold: 'the room and the socket are closed without a word',
      mute: 'a session over its time limit stays open, and the avatar says nothing any more; others are told',
    },
    source:
      'told: docs page full-mode-life-cycle and the web SDK; untold: livekit-plugins-liveavatar handles it; ' +
      'mute: two paid LITE sessions that a third party measured',
  },
  sessionStateNames: {
    variants: {
      'connecting-closed': 'session.state_updated of LITE says connecting, connected, closing, closed',
      'new-disconnected': 'it says new, connected, disconnected',
    },
    source: 'connecting-closed: the docs; new-disconnected: two third parties',
  },
  interruptedLine: {
    variants: {
      interrupted: 'LITE tells an interrupted line by agent.speak_interrupted',
      'interrupted-and-ended': 'agent.speak_ended follows',
    },
    source: 'not documented; the LiveKit plugin takes both',
  },
  oversizedMessage: {
    variants: {
      close: 'a socket message over 1 MB closes the socket',
      drop: 'it is dropped',
    },
    source: "close: docs page custom-mode-events; drop: the vendor's agent skills",
  },
  speakTextQueueing: {
    variants: {
      queue: 'avatar.speak_text waits for those before it',
      override: 'it silences what is being said and replaces what waits',
    },
    source:
      'queue: the docs speak of an "entire sequence of queued calls"; override: habits of several clients',
  },
  restrictedMode: {
    variants: {
      speaks: 'without a context, avatar.speak_text is spoken',
      silent: 'without a context, nothing is spoken',
    },
    source: 'speaks: docs page full-mode/configuration ("can only repeat pre-set phrases"); nobody proved it',
  },
  finalTranscription: {
    variants: {
      'after-speech': 'avatar.transcription follows the speech and has what was heard',
      'at-once': 'it comes when the speech begins and has the whole text',
    },
    source: 'after-speech: a third party; at-once: the docs ("immediately with avatar.speak_text")',
  },
  interruptedSpeech: {
    variants: {
      ended: 'after avatar.interrupt come avatar.transcription and avatar.speak_ended',
      'transcription-only': 'only avatar.transcription comes',
    },
    source: 'not documented beyond the shortened transcription',
  },
  stoppedReasonKey: {
    variants: {
      end_reason: 'session.stopped has end_reason',
      stop_reason: 'it has stop_reason',
    },
    source: 'end_reason: the docs and two apps; stop_reason: the types of the web SDK',
  },
  creditsChecked: {
    variants: {
      'at-start': 'missing credits (4033) are told by sessions/start',
      'at-token': 'they are told by sessions/token',
    },
    source: 'four apps saw 4033, at either call',
  },
} as const satisfies Record<string, Switch>;
