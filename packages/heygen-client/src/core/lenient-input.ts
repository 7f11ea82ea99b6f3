import type { z } from 'zod';

/** Nothing that a vendor reads is nested deeper; what lies below is left as it is. */
const deepest = 16;

/** The value without the members that are null: the vendors take null for a member that is not there. */
export function withoutNulls(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || depth > deepest) return value;
  if (Array.isArray(value)) return value.map((entry) => withoutNulls(entry, depth + 1));
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) =>
      member === null ? [] : [[name, withoutNulls(member, depth + 1)]],
    ),
  );
}

/** A copy in which numbers and booleans that were written as strings are what the schema expected of them. */
export function withReadStrings(value: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
  const copy = withoutNulls(value);
  for (const issue of issues) {
    if (issue.code !== 'invalid_type') continue;
    const name = issue.path.at(-1);
    const parent = issue.path.slice(0, -1).reduce<unknown>(memberOf, copy);
    const written = memberOf(parent, name);
    if (typeof written !== 'string' || name === undefined) continue;
    const read = readAs(issue.expected, written.trim().toLowerCase());
    if (read !== undefined) (parent as Record<PropertyKey, unknown>)[name] = read;
  }
  return copy;
}

function memberOf(value: unknown, name: PropertyKey | undefined): unknown {
  return typeof value === 'object' && value !== null && name !== undefined && Object.hasOwn(value, name)
    ? (value as Record<PropertyKey, unknown>)[name]
    : undefined;
}

function readAs(expected: string, written: string): number | boolean | undefined {
  if (expected === 'number' || expected === 'int')
    return written !== '' && Number.isFinite(Number(written)) ? Number(written) : undefined;
  if (expected !== 'boolean') return undefined;
  if (['true', '1', 'yes', 'on'].includes(written)) return true;
  return ['false', '0', 'no', 'off', '', 'null', 'undefined'].includes(written) ? false : undefined;
}

/**
 * What a client sent, read as leniently as the vendor reads it: null is nothing, unknown members are left
 * out, and numbers and booleans may be written as strings. The error is of the last attempt.
 */
export function readLeniently<T extends z.ZodType>(
  schema: T,
  value: unknown,
): z.ZodSafeParseResult<z.output<T>> {
  const given = withoutNulls(value);
  const strict = schema.safeParse(given);
  return strict.success ? strict : schema.safeParse(withReadStrings(given, strict.error.issues));
}
