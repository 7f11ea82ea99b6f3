import {
  liveAvatarErrors,
  type LiveAvatarError,
  type LiveAvatarErrorName,
} from '@avatar-bridge/heygen-client/liveavatar';

/** Thrown by whatever handles a LiveAvatar request; answered as the vendor answers errors. */
export class LiveAvatarFailure extends Error {
  override name = 'LiveAvatarFailure';
  readonly status: number;
  readonly body: object;

  private constructor(status: number, message: string, body: object) {
    super(message);
    this.status = status;
    this.body = body;
  }

  static from({ status, code, message }: Omit<LiveAvatarError, 'confidence'>): LiveAvatarFailure {
    return new LiveAvatarFailure(status, message, { code: code ?? status, data: null, message });
  }

  /** An error that was seen at the vendor. */
  static of(name: LiveAvatarErrorName): LiveAvatarFailure {
    return LiveAvatarFailure.from(liveAvatarErrors[name]);
  }

  /** What FastAPI itself answers: `detail` without an envelope. */
  static detail(status: number, detail: unknown): LiveAvatarFailure {
    return new LiveAvatarFailure(status, `HTTP ${status}`, { detail });
  }

  static internal(): LiveAvatarFailure {
    return LiveAvatarFailure.of('cannotPublishData');
  }
}
