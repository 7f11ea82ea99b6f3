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

export function script<const K extends string, const A extends string>(
  name: string,
  definition: { keys: readonly K[]; args: readonly A[]; rest?: boolean; lua: string },
): Script<K, A> {
  const { keys, args } = definition;
  const locals = [
    `local ${keys.join(', ')} = ${keys.map((_, i) => `KEYS[${i + 1}]`).join(', ')}`,
    args.length > 0 ? `local ${args.join(', ')} = ${args.map((_, i) => `ARGV[${i + 1}]`).join(', ')}` : '',
    definition.rest ? `local rest = {unpack(ARGV, ${args.length + 1})}` : '',
  ];
  return { name, keys, args, lua: [...locals, definition.lua].filter(Boolean).join('\n') };
}
