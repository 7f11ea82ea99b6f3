/** The part of WebAssembly that is used here: neither the ES nor the Node types have it, and those of the DOM hold too much else. */
declare namespace WebAssembly {
  type Module = object;
  type Instance = { readonly exports: Record<string, unknown> };
  function compile(bytes: Uint8Array): Promise<Module>;
  function instantiate(module: Module, imports: Record<string, Record<string, unknown>>): Promise<Instance>;
}
