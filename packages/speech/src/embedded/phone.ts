/** One sound of speech. `symbol` is ARPAbet ('ah') or IPA ('ˈaɪ'); an empty symbol is a pause. */
export type Phone = { symbol: string; startMs: number; endMs: number };
