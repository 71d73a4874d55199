/** The name under which every row lists our own contender; ratios are ours / peer. */
export const OURS = "ours";

/** A part of the benchmark: the rows that need the same surroundings. */
export interface Suite {
  readonly part: string;
  readonly rows: readonly Row[];
}

/** One thing measured, by one or more contenders. */
export interface Row {
  /** Stable, kebab-case; `--only` and the results file use it. */
  readonly id: string;
  /** What is measured, in a sentence. */
  readonly title: string;
  /** The unit of every value in the row. */
  readonly unit: Unit;
  readonly contenders: readonly Contender[];
  readonly targets: readonly Target[];
}

/** Units of measured values. Values per second are better when higher, the others when lower. */
export type Unit = "records/s" | "calls/s" | "round trips/s" | "ms" | "MB";

/** One implementation of a row: an exported case of a module, run in a fresh process per round. */
export interface Contender {
  /** Unique in its row; {@link OURS} for our own. */
  readonly name: string;
  /** URL of the compiled module that exports the case. */
  readonly module: string;
  /** Name of the exported `BenchCase`. */
  readonly case: string;
  /** How much work to measure (records, calls, nodes: the case says which). */
  readonly size: number;
  /** Packages whose versions belong in the results. */
  readonly packages?: readonly string[];
  /** Extra Node flags for the child process. */
  readonly execArgv?: readonly string[];
}

/**
 * What ours must reach, judged by the median over the rounds. With `vs`, the bound is on the ratio ours / peer of
 * the same round; without, on our value in the row's unit.
 */
export type Target = Bound & { readonly vs?: string };

/** A lower or an upper bound, inclusive. */
export type Bound = { readonly atLeast: number } | { readonly atMost: number };

/** A row that only ours runs: a bound on an absolute figure. */
export function oursAlone(
  row: Pick<Row, "id" | "title" | "unit"> &
    Pick<Contender, "module" | "case" | "size" | "execArgv"> & { readonly target: Target },
): Row {
  const { id, title, unit, target, ...contender } = row;
  const packages = ["@sage-kernel/core", "@sage-kernel/adapter-local"];
  return { id, title, unit, contenders: [{ name: OURS, packages, ...contender }], targets: [target] };
}
