/**
 * A part that scripts share. Its keys and arguments are those of every script that uses it, directly or through other parts.
 * `A` and `K` hold those of the parts that it uses, too.
 */
export type Fragment<K extends string = string, A extends string = string> = {
  readonly keys: readonly K[];
  readonly args: readonly A[];
  readonly lua: string;
  readonly uses: readonly Fragment[];
};

/**
 * A Lua script of one operation. Its KEYS and ARGV are local variables of the given names; what is passed beyond `args`
 * is in the table `rest`. It answers with an array that begins with a status.
 */
export type Script<K extends string = string, A extends string = string> = {
  readonly name: string;
  readonly keys: readonly K[];
  readonly args: readonly A[];
  readonly lua: string;
};

type Definition<K extends string, A extends string, F extends readonly Fragment[]> = {
  /** Before the script's own text, in this order; what these use themselves comes before them. */
  uses?: F;
  keys?: readonly K[];
  args?: readonly A[];
  lua: string;
};
type KeyOf<F extends readonly Fragment[]> = F[number]['keys'][number];
type ArgOf<F extends readonly Fragment[]> = F[number]['args'][number];

export function fragment<
  const K extends string = never,
  const A extends string = never,
  const F extends readonly Fragment[] = [],
>(definition: Definition<K, A, F>): Fragment<K | KeyOf<F>, A | ArgOf<F>> {
  const { uses = [], lua } = definition;
  return {
    uses,
    keys: union<K | KeyOf<F>>([...uses.map((used) => used.keys), definition.keys ?? []]),
    args: union<A | ArgOf<F>>([...uses.map((used) => used.args), definition.args ?? []]),
    lua,
  };
}

export function script<
  const K extends string = never,
  const A extends string = never,
  const F extends readonly Fragment[] = [],
>(name: string, definition: Definition<K, A, F> & { rest?: boolean }): Script<K | KeyOf<F>, A | ArgOf<F>> {
  const { keys, args } = fragment(definition);
  const lua = [
    locals(keys, 'KEYS'),
    locals(args, 'ARGV'),
    definition.rest ? `local rest = {unpack(ARGV, ${args.length + 1})}` : '',
    ...inOrder(definition.uses ?? []).map((used) => used.lua),
    definition.lua,
  ];
  return { name, keys, args, lua: lua.filter(Boolean).join('\n') };
}

function locals(names: readonly string[], table: 'KEYS' | 'ARGV'): string {
  if (names.length === 0) return '';
  return `local ${names.join(', ')} = ${names.map((_, i) => `${table}[${i + 1}]`).join(', ')}`;
}

function union<T extends string>(lists: readonly (readonly T[])[]): readonly T[] {
  return [...new Set(lists.flat())];
}

/** Each once, after all that it uses. */
function inOrder(uses: readonly Fragment[], seen = new Set<Fragment>()): Fragment[] {
  return uses.flatMap((used) => {
    if (seen.has(used)) return [];
    seen.add(used);
    return [...inOrder(used.uses, seen), used];
  });
}
