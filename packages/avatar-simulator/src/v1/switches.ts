import type { Switch } from '../switch.ts';

/** Points on which v1 is known in two ways. */
export const v1Switches = {
  sunset: {
    variants: {
      off: 'v1 is served',
      on: 'every streaming endpoint of v1 answers 410 "endpoint_sunset"',
    },
    source: 'on: a third party that asked in the summer of 2026; the body around that word is not known',
  },
  successEnvelope: {
    variants: {
      'code-100': 'answers are {"code":100,"data":…,"message":"success"}',
      'error-null': 'answers are {"error":null,"data":…}',
    },
    source: 'code-100: public samples, the old OpenAPI file; error-null: reference page create-session-token',
  },
  plainAnswers: {
    variants: {
      'code-message':
        'start, stop, interrupt, keep_alive and the listening calls answer in the usual envelope, data null',
      status: 'they answer {"status":"success"} alone',
    },
    source: 'the old OpenAPI file gives {status} or {code,message}',
  },
  createTokenContentType: {
    variants: {
      optional: 'create_token takes a request without a content type',
      required: 'create_token answers 415 to a request whose content type is not application/json',
    },
    source:
      "optional: curl line of the SDK's README; required: HeyGen-Official/InteractiveAvatarNextJSDemo#5",
  },
  bearerApiKey: {
    variants: {
      refused: 'Authorization: Bearer takes session tokens only',
      accepted: 'Authorization: Bearer takes the API key, too',
    },
    source:
      'refused: SDK 2.1.0 and the reference pages; accepted: docs page session-management-best-practices, seed guide step 2',
  },
  unknownSession: {
    variants: {
      'wrong-state': 'an unknown session_id is answered 400006 "Session is not in correct state"',
      'invalid-session': 'an unknown session_id is answered 10002 "invalid session"',
    },
    source: 'wrong-state: forum; invalid-session: third-party code (low confidence)',
  },
  /**
   * The code beside the concurrency text: `10007`, `10004` or none. Source: both numbers circulate, neither
   * is confirmed; the text is from the forum.
   */
  concurrencyCode: {
    variants: {
      'code-10007': 'beside the text stands code 10007',
      'code-10004': 'code 10004',
      none: 'no code, the text alone',
    },
    source: 'both numbers circulate, neither could be confirmed; the text is from the forum',
  },
  taskQueueing: {
    variants: {
      queue: 'a task waits for those before it',
      override: 'a task silences the one being spoken and replaces those waiting',
    },
    source: 'queue: implied by the interrupt wording; the forum question was never answered (low confidence)',
  },
  syncAnswers: {
    variants: {
      'at-end': 'a sync task is answered when it was spoken',
      'at-once': 'a sync task is answered when it was taken',
    },
    source:
      'at-end: HeyGen-Official/StreamingAvatar#12; at-once: inferred from reports on duration_ms (low confidence)',
  },
  roomEventKey: {
    variants: {
      type: 'room messages are keyed by "type"',
      event_type: 'room messages are keyed by "event_type"',
    },
    source: 'type: SDK 2.1.0; no captured frame was found',
  },
  socketEventKey: {
    variants: {
      event_type: 'socket messages are keyed by "event_type"',
      type: 'socket messages are keyed by "type"',
    },
    source: 'event_type: SDK 2.1.0; no captured frame was found',
  },
  talkingMessages: {
    variants: {
      chunks: 'avatar_talking_message comes a chunk at a time',
      whole: 'one avatar_talking_message has the whole text',
    },
    source: "chunks: the SDK's types and demo; whole: docs.heygen.com/discuss/681b3614",
  },
  endMessage: {
    variants: {
      'after-stop': 'avatar_end_message follows avatar_stop_talking',
      'with-text': 'avatar_end_message follows the last avatar_talking_message',
    },
    source: 'not documented; the order of the others is from one forum log',
  },
  stopMessageDuration: {
    variants: {
      present: 'avatar_stop_talking has duration_ms',
      absent: 'avatar_stop_talking has no duration_ms',
    },
    source: 'present: README of SDK 1.0.15; absent: types of SDK 2.1.0',
  },
  createdAtUnit: {
    variants: {
      seconds: 'created_at in lists is epoch seconds',
      milliseconds: 'created_at in lists is epoch ms',
    },
    source: 'not documented',
  },
} as const satisfies Record<string, Switch>;
