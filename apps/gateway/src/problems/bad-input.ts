import type { Problem } from '@avatar-bridge/contracts';
import type { z } from 'zod';
import { ProblemError } from './problem-error.ts';

type Faults = NonNullable<Problem['errors']>;

/** Every fault that zod found, as the field and the rule it breaks. `where` names the input itself. */
export function faultsOf(error: z.ZodError, where = 'body'): Faults {
  return error.issues.flatMap((issue) => {
    const field = issue.path.map(String).join('.');
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ field: field ? `${field}.${key}` : key, rule: 'is not known here' }));
    }
    return [{ field: field || where, rule: issue.message }];
  });
}

/** Refuses input, naming all its faults at once. `unsupported`: it is well-formed, but no worker can do it. */
export function badInput(faults: Faults, code: 'bad-request' | 'unsupported' = 'bad-request'): ProblemError {
  const fields = [...new Set(faults.map(({ field }) => field))];
  return new ProblemError(
    code,
    `Correct ${fields.slice(0, 5).join(', ')}${fields.length > 5 ? ' and more' : ''}: see errors.`,
    {
      errors: faults,
    },
  );
}
