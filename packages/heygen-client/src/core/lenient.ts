import { z } from 'zod';

/**
 * A field the vendor may leave out, set to null or fill with something else: whatever isn't a `schema` reads
 * as undefined.
 */
export function lenient<T extends z.ZodType>(schema: T) {
  return schema.optional().catch(undefined);
}

/** A field of a request that may be left out; null leaves it out, too. Anything else has to fit. */
export function given<T extends z.ZodType>(schema: T) {
  return z.preprocess((value) => value ?? undefined, schema.optional()).optional();
}

/** A string that must be there and must not be empty. */
export const Text = z.string().min(1);

/** A number, or a string that is one. */
export const Numeric = z.preprocess(
  (value) => (typeof value === 'string' && value.trim() !== '' ? Number(value) : value),
  z.number(),
);

/** True or false, or a string that says so. */
export const Flag = z.preprocess(
  (value) => (value === 'true' ? true : value === 'false' ? false : value),
  z.boolean(),
);

/**
 * A list in which entries that don't fit are left out: one odd entry must not hide the others. Null and
 * nothing are empty lists.
 */
export function lenientArray<T extends z.ZodType>(schema: T) {
  return z
    .array(z.unknown())
    .nullish()
    .transform((entries): z.output<T>[] =>
      (entries ?? []).flatMap((entry) => {
        const parsed = schema.safeParse(entry);
        return parsed.success ? [parsed.data] : [];
      }),
    );
}
