import { z } from 'zod';
import { liveAvatarSwitches } from './liveavatar/switches.ts';
import { v1Switches } from './v1/switches.ts';

export const switchCatalogue = { ...v1Switches, ...liveAvatarSwitches } as const;

type Catalogue = typeof switchCatalogue;
export type SwitchName = keyof Catalogue;
export type SwitchValues = { [N in SwitchName]: keyof Catalogue[N]['variants'] };

const names = Object.keys(switchCatalogue) as SwitchName[];
const variantsOf = (name: SwitchName): string[] => Object.keys(switchCatalogue[name].variants);

const defaults = Object.fromEntries(names.map((name) => [name, variantsOf(name)[0]])) as SwitchValues;

/** What PATCH /admin/switches takes: some switches, each with one of its variants. */
export const SwitchPatch = z.strictObject(
  Object.fromEntries(names.map((name) => [name, z.enum(variantsOf(name)).optional()])),
) as unknown as z.ZodType<Partial<SwitchValues>>;

/** How the double behaves where the vendor is known in two ways. */
export class Switches {
  values: Readonly<SwitchValues> = defaults;

  set(patch: Partial<SwitchValues>): void {
    const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
    this.values = { ...this.values, ...given };
  }

  reset(): void {
    this.values = defaults;
  }
}
