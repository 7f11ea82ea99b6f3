import Table from 'cli-table3';

/** What came out of each case with each provider. */
export class CaseTable {
  readonly #columns: string[];
  readonly #rows = new Map<string, Map<string, string>>();

  constructor(columns: string[]) {
    this.#columns = columns;
  }

  /** Runs a case and notes in its cell how it ended: with its figure, or else with how long it took. */
  async cell(row: string, column: string, run: () => Promise<string | void>): Promise<void> {
    const cells = this.#rows.get(row) ?? new Map<string, string>();
    this.#rows.set(row, cells);
    cells.set(column, '✗');
    const begun = performance.now();
    const figure = await run();
    cells.set(column, `✓ ${figure ?? `${((performance.now() - begun) / 1_000).toFixed(1)} s`}`);
  }

  toString(): string {
    const table = new Table({ head: ['', ...this.#columns], style: { head: [], border: [], compact: true } });
    for (const [row, cells] of this.#rows)
      table.push([row, ...this.#columns.map((column) => cells.get(column) ?? '')]);
    return table.toString();
  }
}
