import { z } from 'zod';

/** A field the vendor may leave out, set to null or fill with something else: whatever isn't a `schema` reads as undefined. */
export function lenient<T extends z.ZodType>(schema: T) {
  return schema.optional().catch(undefined);
}

/** A string that must be there and must not be empty. */
export const Text = z.string().min(1);

/** A list in which entries that don't fit are left out: one odd entry must not hide the others. Null and nothing are empty lists. */
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
