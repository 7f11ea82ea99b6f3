/**
 * A point on which the vendor is documented in two ways, or not at all: what each variant does, and which
 * source says so. The first variant is the default.
 */
export type Switch = { variants: Record<string, string>; source: string };
