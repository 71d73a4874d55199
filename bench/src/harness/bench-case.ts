/** What a child process knows when it starts its case. */
export interface CaseContext {
  /** `performance.now()` at the first line of the child's entry, before any of our packages was imported. */
  readonly enteredAt: number;
  /** How much work to measure: the `size` of the contender. */
  readonly size: number;
}

/** What one run of a case found. */
export interface Measurement {
  /** In the unit of the row. */
  readonly value: number;
  /** Further figures worth printing, by name with its unit (`sinceProcessStartMs`). */
  readonly extras?: Readonly<Record<string, number>>;
}

/** Warms up, measures once, checks its own results, and throws if they are wrong. */
export type BenchCase = (context: CaseContext) => Promise<Measurement>;

/** What a child tells its parent. */
export type CaseReply =
  | { readonly ok: true; readonly measurement: Measurement }
  | { readonly ok: false; readonly error: string };
