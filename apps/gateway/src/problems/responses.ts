import { problems, type ProblemCode } from '@avatar-bridge/contracts';
import { problemContent } from './send-problem.ts';

type Described = { description: string; content: typeof problemContent };

/** For routes: the errors that every one of them can answer with, and its own. */
export function problemResponses(...own: ProblemCode[]): Record<number, Described> {
  const described: Record<number, Described> = {};
  for (const code of ['missing-key', 'wrong-role', ...own, 'store-unavailable'] as const) {
    const { status, title } = problems[code];
    const before = described[status]?.description;
    described[status] = {
      description: before ? `${before}; ${code}: ${title}` : `${code}: ${title}`,
      content: problemContent,
    };
  }
  return described;
}
