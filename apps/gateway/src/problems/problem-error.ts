import { problems, type Problem, type ProblemCode } from '@avatar-bridge/contracts';

export type ProblemMore = Pick<Problem, 'errors' | 'estimatedWaitSeconds'> & {
  headers?: Record<string, string>;
  cause?: unknown;
};

/** A refusal that the caller is told about: its code, what to do, and headers that go with it. */
export class ProblemError extends Error {
  override name = 'ProblemError';
  readonly code: ProblemCode;
  /** What the body says besides. */
  readonly more: Pick<Problem, 'errors' | 'estimatedWaitSeconds'>;
  readonly headers: Record<string, string>;

  /** @param detail says what the caller can do; it is shown as it is. */
  constructor(code: ProblemCode, detail: string, { headers = {}, cause, ...more }: ProblemMore = {}) {
    super(detail, { cause });
    this.code = code;
    this.more = more;
    this.headers = headers;
  }

  get status(): number {
    return problems[this.code].status;
  }
}
