import { z } from 'zod';

/** Every fault of the configuration, found at once; `message` lists them for people. */
export class ConfigError extends Error {
  override name = 'ConfigError';
  readonly faults: string[];
  constructor(faults: string[]) {
    super(`The configuration is not valid:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.faults = faults;
  }
}

/**
 * Parses environment variables. Empty ones count as unset.
 *
 * @throws ConfigError naming every variable that breaks a rule, never a value.
 */
export function parseEnv<T extends z.ZodObject>(
  schema: T,
  env: Record<string, string | undefined>,
): z.infer<T> {
  const present = Object.fromEntries(
    Object.entries(env)
      .map(([key, value]) => [key, value?.trim() || undefined] as const)
      .filter(([key]) => key in schema.shape),
  );
  const result = schema.safeParse(present);
  if (result.success) return result.data;
  throw new ConfigError(result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
}

/** A variable that is a number, with one message for whatever breaks its rule. */
export function wholeNumber(from: number, to: number) {
  const rule = `must be a whole number from ${from} to ${to}`;
  return z.coerce.number(rule).int(rule).min(from, rule).max(to, rule);
}

/** A variable that is JSON; pipe it into the schema of what it says. */
export const jsonVariable = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue('must be JSON');
    return z.NEVER;
  }
});

/** Variables that begin with `prefix` and that `known` lacks: most likely misspelt. */
export function unknownVariables(
  prefix: string,
  known: string[],
  env: Record<string, string | undefined>,
): string[] {
  return Object.keys(env).filter((key) => key.startsWith(prefix) && !known.includes(key));
}
