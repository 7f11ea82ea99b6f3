/** An error of the vendor as it was seen: what a test double answers, and what a client recognises. */
export type VendorError = {
  /** HTTP status. Where nobody wrote it down, 400 is assumed. */
  status: number;
  code?: number;
  message: string;
  /** `high`: vendor's documentation or several independent reports; `medium`: one report; `low`: a guess. */
  confidence: 'high' | 'medium' | 'low';
};

/** The vendor's errors by what they mean. The complete list is not public. */
export const vendorErrors = {
  /** A wrong key, a token used twice or expired, or credentials of another product. */
  unauthorized: { status: 401, code: 400112, message: 'Unauthorized', confidence: 'high' },
  /** A task before the avatar's tracks are up, or any call after the session closed. */
  wrongState: { status: 400, code: 400006, message: 'Session is not in correct state', confidence: 'high' },
  forbidden: { status: 403, code: 400562, message: 'forbidden', confidence: 'medium' },
  noApiAccess: {
    status: 400,
    code: 400599,
    message: "Your account doesn't have API access",
    confidence: 'medium',
  },
  avatarNotAllowed: { status: 400, code: 10013, message: 'avatar not allow', confidence: 'medium' },
  avatarDeprecated: {
    status: 400,
    code: 10003,
    message: 'avatar version is deprecated, please update to v3+',
    confidence: 'high',
  },
  avatarNotInteractive: {
    status: 400,
    message: 'invalid avatar: not an interactive avatar',
    confidence: 'medium',
  },
  sessionUnknown: { status: 400, code: 10002, message: 'invalid session', confidence: 'low' },
  /** The text is from the vendor's forum; 10004 and 10007 circulate as its number, neither confirmed. */
  concurrencyLimit: {
    status: 400,
    code: 10007,
    message:
      'Concurrent limit reached, please make sure you have closed other testing sessions under the same account',
    confidence: 'medium',
  },
} as const satisfies Record<string, VendorError>;
export type VendorErrorName = keyof typeof vendorErrors;

/** Asked without a JSON content type: no envelope, `detail` alone (status assumed from the words). */
export const unsupportedMediaType = {
  status: 415,
  body: { detail: "Unsupported media type '' in request. 'application/json' is required." },
} as const;
