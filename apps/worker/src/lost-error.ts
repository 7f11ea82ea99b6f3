/** A vendor session, or the way from it to the stage, can't be used any more. `code` is for code, the message for people. */
export class LostError extends Error {
  override name = 'LostError';
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
